/** `/openapi.json` describes the API, `/docs` shows it: Swagger UI from this server, asking no other one. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createRoute, z } from '@hono/zod-openapi';
import { json, TAGS } from '../describe.ts';
import { createRouter, type Router } from '../environment.ts';
import { openApiDocument } from '../openapi.ts';
import { onUnknownRoute } from '../problems.ts';
import { sendJsonBytes } from '../respond.ts';

const openapi = createRoute({
  method: 'get',
  path: '/openapi.json',
  operationId: 'openapi',
  tags: [TAGS.operation.name],
  summary: 'The OpenAPI 3.1 description of this API',
  responses: { 200: json('The description', z.object({}).loose(), { openapi: '3.1.0' }) },
});

const docs = createRoute({
  method: 'get',
  path: '/docs',
  operationId: 'docs',
  tags: [TAGS.operation.name],
  summary: 'The description of this API for people',
  responses: { 200: { description: 'A page', content: { 'text/html': { schema: z.string(), example: '<!doctype html>…' } } } },
});

/** Swagger UI writes style elements and shows icons from data: URLs. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Flipbook API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="icon" href="docs/favicon-32x32.png">
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/initializer.js"></script>
</html>
`;

/** Addresses are relative so that a proxy may put the server under a path. validatorUrl would ask a server elsewhere. */
const INITIALIZER = `SwaggerUIBundle({
  url: new URL('openapi.json', document.baseURI).href,
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
  queryConfigEnabled: false,
  supportedSubmitMethods: ['get'],
});
`;

const FILES: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

/** @param whole the router that holds every route to describe; read when it is asked for */
export function docsRoutes(whole: Router): Router {
  const router = createRouter();
  let description: Uint8Array | undefined;
  router.openapi(openapi, (c) => {
    description ??= new TextEncoder().encode(JSON.stringify(openApiDocument(whole)));
    return sendJsonBytes<Record<string, never>>(c, description);
  });
  router.openapi(docs, (c) =>
    c.body(PAGE, 200, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': CONTENT_SECURITY_POLICY,
      'Cache-Control': 'no-cache',
    }),
  );
  router.get('/docs/initializer.js', (c) =>
    c.body(INITIALIZER, 200, { 'Content-Type': 'text/javascript; charset=utf-8', 'Cache-Control': 'no-cache' }),
  );
  router.get('/docs/:file', async (c) => {
    const file = c.req.param('file');
    const type = Object.hasOwn(FILES, file) ? FILES[file] : undefined;
    if (type === undefined) return onUnknownRoute(c);
    const content = await readFile(fileURLToPath(import.meta.resolve(`swagger-ui-dist/${file}`)));
    return c.body(content, 200, {
      'Content-Type': type,
      'Content-Length': String(content.byteLength),
      'Cache-Control': 'public, max-age=3600',
    });
  });
  return router;
}
