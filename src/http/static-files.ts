/** The web page: built files from a folder. Which file is meant is decided by the path alone; nothing outside the folder is reachable. */
import { readFile } from 'node:fs/promises';
import { extname, join, normalize, resolve, sep } from 'node:path';
import type { Context, MiddlewareHandler } from 'hono';
import type { HttpEnv } from './environment.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
};

/** Paths that are never a page, so that a mistyped route of the API is a 404 and not a page with status 200. */
const NEVER_A_PAGE = /^\/(api|docs|assets|livez|readyz|metrics|openapi\.json)(\/|$)/;

/**
 * Files of the built page, and `index.html` for every path that the page's own router knows.
 * Names of files under `/assets/` carry a hash of their content, so those may be kept for ever; the rest is asked for anew.
 */
export function servePage(webRoot: string): MiddlewareHandler<HttpEnv> {
  const root = resolve(webRoot);
  return async (c, next) => {
    const path = decodedPath(c.req.path);
    if (path === undefined) return next();
    const extension = extname(path).toLowerCase();
    const type = CONTENT_TYPES[extension];
    if (type !== undefined) {
      const file = join(root, normalize(path));
      const content = file.startsWith(root + sep) ? await readIfThere(file) : undefined;
      if (content === undefined) return next();
      return send(c, content, type, path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
    }
    if (NEVER_A_PAGE.test(path)) return next();
    const index = await readIfThere(join(root, 'index.html'));
    return index === undefined ? notBuilt(c) : send(c, index, 'text/html; charset=utf-8', 'no-cache');
  };
}

/** What a browser sees where there is no page to serve. */
export function notBuilt(c: Context<HttpEnv>): Response {
  return c.body(NOT_BUILT, 503, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' });
}

const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Flipbook: the page was not built</title>
<h1>The page was not built</h1>
<p>The API works; <a href="/docs">/docs</a> shows it. To have the page too, run <code>npm run build</code> and reload.</p>
</html>
`;

function send(c: Context<HttpEnv>, content: Buffer<ArrayBuffer>, type: string, cacheControl: string): Response {
  return c.body(content, 200, {
    'Content-Type': type,
    'Content-Length': String(content.byteLength),
    'Cache-Control': cacheControl,
  });
}

/** `undefined` for what cannot be a file of ours: undecodable, with a NUL or a backslash, or hidden. */
function decodedPath(path: string): string | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return undefined;
  }
  return /[\0\\]|\/\./.test(decoded) ? undefined : decoded;
}

async function readIfThere(file: string): Promise<Buffer<ArrayBuffer> | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
    throw error;
  }
}
