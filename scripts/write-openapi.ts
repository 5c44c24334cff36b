/** Writes docs/openapi.json anew. A test fails while it differs from what the routes say. */
import { writeFileSync } from 'node:fs';
import { describeApi, OPENAPI_FILE } from '../src/http/openapi-file.ts';

writeFileSync(OPENAPI_FILE, describeApi());
