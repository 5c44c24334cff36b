/** The OpenAPI description, made from the zod contract and the routes themselves. docs/openapi.json is its committed copy. */
import { readFileSync } from 'node:fs';
import { TAGS } from './describe.ts';
import type { Router } from './environment.ts';

const { version, license } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
  license: string;
};

export function openApiDocument(router: Router): object {
  return router.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Flipbook',
      version,
      license: { name: license },
      description:
        'A flight recorder for Kubernetes Services: which backends did this Service have at any moment, when did each one ' +
        'flip, and how sure are we.\n\n' +
        'Times go in as RFC 3339 with any offset, epoch milliseconds, or relative (`now-15m`); they come out as RFC 3339 UTC ' +
        'with milliseconds. A parameter that is not known is refused. A field that is not known is left out. ' +
        'Errors are RFC 9457 problem documents.',
    },
    servers: [{ url: '/' }],
    tags: Object.values(TAGS),
  });
}
