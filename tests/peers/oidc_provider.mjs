// A real OpenID provider (npm oidc-provider) with a login form, for headless clients and browsers. Its first line on
// standard output is the issuer's URL. README.md here has its settings, clients and people.
import { createServer } from 'node:http';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import Provider, { errors, interactionPolicy } from 'oidc-provider';

const list = (text) => (text ?? '').split(',').filter(Boolean);
const redirect_uris = list(process.env.REDIRECT_URIS ?? 'http://127.0.0.1/callback');
const resources = list(process.env.RESOURCES);

const people = {
  alice: { name: 'Alice Ash', groups: ['registry-admins'], org: 'acme' },
  bob: { name: 'Bob Birch', groups: ['developers'], org: 'acme' },
  carol: { name: 'Carol Cedar', groups: ['visitors'], org: 'beta' },
};

// The subject is not the name, as with most providers.
const subject = (name) => `person-${name}`;
const claimsOf = (sub) => {
  const name = sub.replace(/^person-/, '');
  const { groups, org, name: full } = people[name] ?? { groups: [], org: '' };
  return { sub, name: full, preferred_username: name, email: `${name}@${org}.test`, email_verified: true, groups, org };
};

const key = (alg, type, options) => ({
  ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }),
  ...{ alg, use: 'sig', kid: `${alg}-${randomBytes(4).toString('hex')}` },
});

// Of the type `native` only because the standard lets its loopback addresses have any port (RFC 8252 section 7.3).
const code = { redirect_uris, application_type: 'native', grant_types: ['authorization_code', 'refresh_token'] };
const policy = interactionPolicy.base();
policy.get('consent').checks.remove('native_client_prompt');

const configuration = {
  clients: [
    { client_id: 'dashboard', client_secret: 'peer-password-of-the-dashboard', ...code },
    { client_id: 'public', token_endpoint_auth_method: 'none', ...code },
    {
      client_id: 'machine',
      client_secret: 'peer-password-of-the-machine',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    },
  ],
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'], groups: ['groups', 'org'] },
  scopes: ['openid', 'offline_access'],
  // As the standard has it, the claims of people are at the userinfo endpoint; many providers put them into the ID token.
  conformIdTokenClaims: process.env.CLAIMS_IN_ID_TOKEN !== 'true',
  findAccount: (_, sub) => ({ accountId: sub, claims: () => claimsOf(sub) }),
  interactions: { policy, url: (_, interaction) => `/interaction/${interaction.uid}` },
  // Nobody is asked to consent.
  loadExistingGrant: async ({ oidc }) => {
    const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope('openid profile email groups offline_access');
    for (const resource of list([oidc.params.resource ?? []].flat().join(','))) {
      grant.addResourceScope(resource, 'server:read server:write health:check mcp:invoke keys:manage audit:read users:manage');
    }
    await grant.save();
    return grant;
  },
  extraTokenClaims: (_, token) => {
    if (token.kind === 'ClientCredentials') return { groups: ['developers'], org: 'acme', preferred_username: token.clientId };
    const { sub, ...claims } = claimsOf(token.accountId);
    return claims;
  },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    registration: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      // Any resource may be asked for, unless RESOURCES lists those that may.
      getResourceServerInfo: (_, resource) => {
        if (resources.length && !resources.includes(resource)) throw new errors.InvalidTarget();
        return {
          scope: 'server:read server:write health:check mcp:invoke keys:manage audit:read users:manage',
          audience: resource,
          accessTokenFormat: 'jwt',
          accessTokenTTL: Number(process.env.TOKEN_SECONDS ?? 300),
          jwt: { sign: { alg: process.env.TOKEN_ALG ?? 'RS256' } },
        };
      },
    },
  },
  clientBasedCORS: () => true,
  cookies: { keys: [randomBytes(32).toString('hex')] },
  jwks: { keys: [key('RS256', 'rsa', { modulusLength: 2048 }), key('ES256', 'ec', { namedCurve: 'P-256' })] },
  ttl: { Interaction: 600, Session: 600, Grant: 600, IdToken: 600 },
};

const form = (uid, message) => `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Sign in at the provider</title>
<h1>Sign in at the provider</h1>
<p role="alert">${message}</p>
<form method="post" action="/interaction/${uid}">
  <label>Name <input name="login" autocomplete="username" autofocus required></label>
  <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
  <button type="submit">Continue</button>
</form></html>`;

async function interaction(provider, request, response) {
  const { uid } = await provider.interactionDetails(request, response);
  const show = (status, message) => {
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
    response.end(form(uid, message));
  };
  if (request.method !== 'POST') return show(200, '');
  let body = '';
  for await (const chunk of request) body += chunk;
  const fields = new URLSearchParams(body);
  const name = fields.get('login') ?? '';
  if (!Object.hasOwn(people, name) || fields.get('password') !== `password-of-${name}`) {
    return show(401, 'Name or password are wrong.');
  }
  const result = { login: { accountId: subject(name) } };
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

const http = createServer();
http.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${http.address().port}`;
  const provider = new Provider(issuer, configuration);
  const standard = provider.callback();
  http.on('request', (request, response) => {
    if (!request.url.startsWith('/interaction/')) return standard(request, response);
    return interaction(provider, request, response).catch((error) => {
      response.writeHead(400, { 'content-type': 'text/plain' });
      response.end(`${error.name}: ${error.message}`);
    });
  });
  console.log(issuer);
});
