// Gets tokens with openid-client, which knows nothing of Maskinporten but its metadata. Prints a line per check.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { SignJWT, createRemoteJWKSet, importJWK, jwtVerify } from 'jose'
import * as openid from 'openid-client'

const ready = JSON.parse(readFileSync(process.argv[2]))
const client = ready.clients[0]
const key = await importJWK(JSON.parse(readFileSync(client.key)), 'RS256')
const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

const discover = (issuer, algorithm) =>
  openid.discovery(new URL(issuer), client.client_id, undefined, openid.None(), { algorithm })
const assertion = changes => new SignJWT({ scope: client.scopes[0], jti: randomUUID(), ...changes })
  .setProtectedHeader({ alg: 'RS256', kid: client.kid })
  .setIssuer(client.client_id).setAudience(changes?.aud ?? ready.issuer)
  .setIssuedAt().setExpirationTime('100s').sign(key)
const token = async (config, changes) =>
  openid.genericGrantRequest(config, grant, { assertion: await assertion(changes) })

const config = await discover(ready.issuer, 'oauth2')
const refused = async (error, number, changes) => {
  const refusal = await token(config, changes).then(() => assert.fail('it was accepted'), refusal => refusal)
  assert.deepEqual([refusal.status, refusal.error], [400, error], String(refusal))
  assert(refusal.cause.error_uri.endsWith(`/errors/MP-${number}`), refusal.cause.error_uri)
}

const checks = {
  'both forms of metadata are taken': async () => {
    for (const algorithm of ['oauth2', 'oidc']) {
      const metadata = (await discover(ready.issuer, algorithm)).serverMetadata()
      assert.deepEqual([metadata.issuer, metadata.token_endpoint], [ready.issuer, ready.token_endpoint])
    }
  },
  'a token is issued and the API takes it': async () => {
    const { access_token: issued, token_type: type, expires_in: life } = await token(config)
    assert.deepEqual([type, life], ['bearer', 120])
    const answer = await openid.fetchProtectedResource(config, issued, new URL(ready.api), 'GET')
    assert.equal((await answer.json()).client_id, client.client_id)
  },
  'its signature is by a published key': async () => {
    const { access_token: issued } = await token(config)
    const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri))
    assert.equal((await jwtVerify(issued, keys, { issuer: ready.issuer })).payload.scope, client.scopes[0])
  },
  "Altinn's metadata is taken, and its token verified by it": async () => {
    const altinn = new URL('/authentication/api/v1/openid/', ready.exchange).href
    const metadata = (await discover(altinn, 'oidc')).serverMetadata()
    const { access_token: issued } = await token(config)
    const exchanged = await openid.fetchProtectedResource(config, issued, new URL(ready.exchange), 'GET')
    const keys = createRemoteJWKSet(new URL(metadata.jwks_uri))
    const { payload } = await jwtVerify(await exchanged.text(), keys, { issuer: altinn })
    assert.equal(payload['urn:altinn:authenticatemethod'], 'maskinporten')
  },
  'a wrong audience is refused': () => refused('invalid_grant', '110', { aud: ready.issuer.replace(/\/$/, '') }),
  'an assertion is good for one token': async () => {
    const changes = { jti: randomUUID() }
    await token(config, changes)
    await refused('invalid_grant', '012', changes)
  },
  'an unknown scope is refused': () => refused('invalid_scope', '200', { scope: 'unknown:scope' })
}

for (const [name, check] of Object.entries(checks)) {
  try {
    await check()
    console.log(`ok openid-client: ${name}`)
  } catch (problem) {
    console.log(`FAILED openid-client: ${name}: ${problem.message}`)
  }
}
