// Gets tokens with @vtfk/maskinporten-auth, which signs with a certificate. Prints a line per check.
const assert = require('assert')
const fs = require('fs')
const https = require('https')
const maskinportenToken = require('@vtfk/maskinporten-auth')

const ready = JSON.parse(fs.readFileSync(process.argv[2]))
const client = ready.clients.find(client => client.certificate_pem)
const base64 = text => Buffer.from(text).toString('base64')

// Only the leaf: the library joins what it is given into one certificate.
const leaf = fs.readFileSync(client.certificate_pem, 'utf8').split(/(?<=-----END CERTIFICATE-----\n)/)[0]
const pem = {
  url: ready.token_endpoint,
  pemcert: base64(leaf),
  pemprivateKey: base64(fs.readFileSync(client.key_pem)),
  audience: ready.issuer,
  issuer: client.client_id,
  scope: client.scopes[0]
}

const call = (url, token) => new Promise((resolve, reject) => {
  https.get(url, { headers: { Authorization: `Bearer ${token}` } }, answer => {
    let text = ''
    answer.on('data', part => { text += part })
    answer.on('end', () => resolve(text))
  }).on('error', reject)
})

const refused = async (options, error, number) => {
  const { status, data } = await maskinportenToken(options).then(
    () => assert.fail('it was accepted'),
    problem => problem.response || Promise.reject(problem)
  )
  assert.deepStrictEqual([status, data.error], [400, error])
  assert(data.error_uri.endsWith(`/errors/MP-${number}`), data.error_uri)
  assert.match(data.error_description, / \(trace_id: [0-9a-f]{32}\)$/)
}

const checks = {
  'a token is issued and the API takes it': async () => {
    const token = await maskinportenToken(pem)
    assert.deepStrictEqual([token.token_type, token.expires_in, token.scope], ['Bearer', 120, pem.scope])
    const answer = JSON.parse(await call(ready.api, token.access_token))
    assert.deepStrictEqual([answer.client_id, answer.exchanged], [client.client_id, false])
  },
  'the exchanged token is taken too': async () => {
    const { access_token: token } = await maskinportenToken(pem)
    const answer = JSON.parse(await call(ready.api, await call(ready.exchange, token)))
    assert.strictEqual(answer.exchanged, true)
  },
  'a wrong audience is refused': () => refused({ ...pem, audience: ready.issuer.replace(/\/$/, '') }, 'invalid_grant', '110'),
  'an unknown client is refused': () => refused({ ...pem, issuer: 'unknown' }, 'invalid_grant', '100'),
  'an unknown scope is refused': () => refused({ ...pem, scope: 'unknown:scope' }, 'invalid_scope', '200')
}

const pfx = process.argv[3]
if (pfx) {
  checks['a PKCS#12 file serves as well'] = async () => {
    const { pemcert, pemprivateKey, ...rest } = pem
    const options = { ...rest, pfxcert: base64(fs.readFileSync(pfx)), privateKeyPassphrase: 'password' }
    assert.strictEqual((await maskinportenToken(options)).token_type, 'Bearer')
  }
}

const run = async () => {
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check()
      console.log(`ok @vtfk/maskinporten-auth: ${name}`)
    } catch (problem) {
      console.log(`FAILED @vtfk/maskinporten-auth: ${name}: ${problem.message} ${JSON.stringify(problem.response?.data || '')}`)
    }
  }
}
run()
