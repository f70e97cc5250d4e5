// Azure's SDK for JavaScript against the emulator whose JSON line is in the file that is named. Prints a line a check and
// a last one with the totals.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { ClientSecretCredential, ManagedIdentityCredential, WorkloadIdentityCredential } from '@azure/identity'
import { SecretClient } from '@azure/keyvault-secrets'

const ready = JSON.parse(readFileSync(process.argv[2]))
const reader = { id: '22222222-2222-4222-8222-222222222222', secret: 'reader-secret' }
const entra = { authorityHost: ready.authority, disableInstanceDiscovery: true }
// A failing check shows at once what failed.
const once = { retryOptions: { maxRetries: 0 } }

const withSecret = (id, secret) => new ClientSecretCredential(ready.tenant, id, secret, { ...entra, ...once })
// It reads the environment when it is first asked for a token.
const inEnvironment = variables => {
  Object.assign(process.env, variables)
  return new ManagedIdentityCredential(once)
}
const credentials = {
  'client secret': () => withSecret(ready.client_id, ready.client_secret),
  'federated token': () => new WorkloadIdentityCredential({
    tenantId: ready.tenant, clientId: ready.client_id, tokenFilePath: ready.federated_token_file, ...entra
  }),
  'App Service': () => inEnvironment({
    IDENTITY_ENDPOINT: ready.identity_endpoint, IDENTITY_HEADER: ready.identity_header
  }),
  'virtual machine': () => inEnvironment({
    AZURE_POD_IDENTITY_AUTHORITY_HOST: new URL(ready.identity_endpoint).origin
  })
}

const clientOf = credential => new SecretClient(ready.url, credential, {
  disableChallengeResourceVerification: true, ...once
})
const all = async pages => {
  const items = []
  for await (const item of pages) items.push(item)
  return items
}
const refused = async (act, status, code, inner) => {
  const error = await act().then(() => assert.fail('it was accepted'), error => error)
  assert.deepEqual([error.statusCode, error.code], [status, code], String(error))
  assert.equal((error.details.error.innerError ?? error.details.error.innererror)?.code, inner)
  return error.details.error.message
}
const soon = { intervalInMs: 20 }

// In this order: each check stands on what the one before it left. `name` is the credential's own secret.
const walk = (client, name) => {
  let version, backup
  return {
    'list pages': async () => {
      const names = []
      for await (const page of client.listPropertiesOfSecrets().byPage()) {
        assert(page.length <= 25)
        names.push(...page.map(properties => properties.name))
      }
      const seeded = names.filter(name => name.startsWith('Seeded-'))
      assert.equal(new Set(seeded).size, 60)
    },
    'set': async () => {
      const secret = await client.setSecret(name, 'first', { contentType: 'text/plain', tags: { team: 'one' } })
      version = secret.properties.version
      assert.match(version, /^[0-9a-f]{32}$/)
      assert.deepEqual([secret.value, secret.properties.tags], ['first', { team: 'one' }])
    },
    'get': async () => {
      const secret = await client.getSecret(name.toLowerCase())
      assert.deepEqual([secret.name, secret.value], [name, 'first'])
    },
    'get a version': async () => {
      await client.setSecret(name, 'second')
      assert.equal((await client.getSecret(name, { version })).value, 'first')
      assert.equal((await client.getSecret(name)).value, 'second')
    },
    'list versions': async () => {
      const versions = await all(client.listPropertiesOfSecretVersions(name))
      assert(versions.length === 2 && versions.some(found => found.version === version))
    },
    'list the versions of nothing': async () => {
      assert.deepEqual(await all(client.listPropertiesOfSecretVersions('Nothing')), [])
    },
    'get nothing': () => refused(() => client.getSecret('Nothing'), 404, 'SecretNotFound'),
    'get nothing that was deleted': async () => {
      const message = await refused(() => client.getDeletedSecret('Nothing'), 404, 'SecretNotFound')
      assert.equal(message, 'Deleted Secret not found: Nothing')
    },
    'set without a name': async () => {
      const message = await refused(() => client.setSecret('', 'x'), 405, 'MethodNotAllowed')
      assert.equal(message, 'HTTP PUT not allowed')
    },
    'update': async () => {
      const updated = await client.updateSecretProperties(name, version, { contentType: 'text/html', tags: { team: 'two' } })
      assert.deepEqual([updated.contentType, updated.tags], ['text/html', { team: 'two' }])
    },
    'disable then get': async () => {
      await client.updateSecretProperties(name, version, { enabled: false })
      await refused(() => client.getSecret(name, { version }), 403, 'Forbidden', 'SecretDisabled')
      await client.updateSecretProperties(name, version, { enabled: true })
    },
    'delete': async () => {
      const poller = await client.beginDeleteSecret(name, soon)
      const deleted = await poller.pollUntilDone()
      assert(deleted.recoveryId.endsWith(`/deletedsecrets/${name}`))
      await refused(() => client.getSecret(name), 404, 'SecretNotFound')
    },
    'list deleted': async () => {
      assert((await all(client.listDeletedSecrets())).some(deleted => deleted.name === name))
    },
    'set while deleted': () => refused(() => client.setSecret(name, 'x'), 409, 'Conflict', 'ObjectIsDeletedButRecoverable'),
    'recover': async () => {
      const poller = await client.beginRecoverDeletedSecret(name, soon)
      await poller.pollUntilDone()
      assert.equal((await client.getSecret(name)).value, 'second')
    },
    'backup': async () => {
      backup = await client.backupSecret(name)
      assert(backup.length > 0 && !Buffer.from(backup).includes('second'))
    },
    'restore over what is there': () => refused(() => client.restoreSecretBackup(backup), 409, 'Conflict'),
    'purge and restore': async () => {
      await (await client.beginDeleteSecret(name, soon)).pollUntilDone()
      await client.purgeDeletedSecret(name)
      assert.equal((await client.restoreSecretBackup(backup)).name, name)
      assert.equal((await client.getSecret(name, { version })).value, 'first')
    },
    'restore nonsense': () => refused(() => client.restoreSecretBackup(new Uint8Array(99)), 400, 'Malformed backup blob'),
    'purge': async () => {
      await (await client.beginDeleteSecret(name, soon)).pollUntilDone()
      await client.purgeDeletedSecret(name)
    }
  }
}

const signingIn = {
  'a wrong secret': async () => {
    const error = await clientOf(withSecret(ready.client_id, 'not-the-secret')).getSecret('Seeded-00')
      .then(() => assert.fail('it was accepted'), error => error)
    assert.match(error.message, /AADSTS7000215/)
    assert(!error.message.includes('not-the-secret'))
  },
  'a missing permission': async () => {
    const client = clientOf(withSecret(reader.id, reader.secret))
    assert.equal((await client.getSecret('Seeded-00')).value, 'value 00')
    await refused(() => client.setSecret('Mine', 'x'), 403, 'Forbidden', 'ForbiddenByRbac')
  }
}

let passed = 0
let failed = 0
const run = async (group, checks) => {
  const before = passed
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check()
      passed += 1
      console.log(`ok      ${group}: ${name}`)
    } catch (problem) {
      failed += 1
      console.log(`FAILED  ${group}: ${name}: ${problem.message}`)
    }
  }
  console.log(`${group}: ${passed - before} of ${Object.keys(checks).length}`)
}
const only = process.argv[3]
for (const [group, credential] of Object.entries(credentials).filter(([group]) => group === (only ?? group))) {
  if (group === 'virtual machine' && !only) {
    // A process remembers which managed identity it first saw.
    const { IDENTITY_ENDPOINT, IDENTITY_HEADER, ...env } = process.env
    const { stdout, stderr } = spawnSync(process.execPath, [...process.argv.slice(1), group], { encoding: 'utf8', env })
    const totals = /(\d+) passed, (\d+) failed\n$/.exec(stdout) ?? assert.fail(stderr)
    process.stdout.write(stdout.slice(0, totals.index))
    passed += Number(totals[1])
    failed += Number(totals[2])
  } else {
    await run(group, walk(clientOf(credential()), `By-${group.replace(/ /g, '-')}`))
  }
}
if (!only) await run('signing in', signingIn)
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed ? 1 : 0)
