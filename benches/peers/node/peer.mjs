// Loads a whole vault with Azure's SDK for JavaScript, as a service would at its start: the names, then all values at once.
// Node's own variable, NODE_EXTRA_CA_CERTS, says whom it trusts besides the usual roots.
import { ClientSecretCredential } from '@azure/identity'
import { SecretClient } from '@azure/keyvault-secrets'

const { env } = process

const load = async () => {
  const credential = new ClientSecretCredential(env.AZURE_TENANT_ID, env.AZURE_CLIENT_ID, env.AZURE_CLIENT_SECRET, {
    authorityHost: env.AZURE_AUTHORITY_HOST, disableInstanceDiscovery: true
  })
  const client = new SecretClient(env.AZURE_KEYVAULT_URL, credential, { disableChallengeResourceVerification: true })
  const names = []
  for await (const { name } of client.listPropertiesOfSecrets()) names.push(name)
  const secrets = await Promise.all(names.map(name => client.getSecret(name)))
  return new Map(secrets.map(({ name, value }) => [name, value]))
}

try {
  const start = performance.now()
  const values = await load()
  const took = performance.now() - start
  if (String(values.size) !== env.START_SECRETS) {
    throw new Error(`${values.size} secrets, not the ${env.START_SECRETS} of START_SECRETS`)
  }
  console.log(`{"secrets": ${values.size}, "load_ms": ${took.toFixed(1)}}`)
} catch (error) {
  // The SDK's errors have many lines.
  console.error(String(error).replace(/\s+/g, ' '))
  process.exitCode = 1
}
// Connections that are kept for later would keep the process.
process.exit()
