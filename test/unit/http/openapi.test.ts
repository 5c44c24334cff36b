import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CSV_COLUMNS } from '../../../src/history/flips-csv.ts';
import * as contract from '../../../src/http/contract.ts';
import * as incident from '../../../src/http/contract-incident.ts';
import { ServicesAnswer } from '../../../src/http/contract-services.ts';
import { DrawnTimeline } from '../../../src/http/contract-timeline.ts';
import { examples } from '../../../src/http/examples.ts';
import { incidentExamples } from '../../../src/http/incident-examples.ts';
import { describeApi, OPENAPI_FILE } from '../../../src/http/openapi-file.ts';
import { testApp } from '../../support/http-app.ts';

interface Parameter {
  name: string;
  in: string;
  description?: string;
  schema: { examples?: unknown[]; description?: string };
}
interface Operation {
  operationId: string;
  summary: string;
  parameters?: Parameter[];
  responses: Record<string, { description: string; content: Record<string, { schema: unknown; example?: unknown }> }>;
}
const document = JSON.parse(describeApi()) as {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown> };
};
const operations = Object.entries(document.paths).map(([path, methods]) => [path, methods.get as Operation] as const);

describe('the OpenAPI description', () => {
  it('is committed as the routes now are; `npm run openapi` writes it anew', () => {
    expect(readFileSync(OPENAPI_FILE, 'utf8')).toBe(describeApi());
  });

  it('is what the server hands out', async () => {
    expect(await (await testApp().get('/openapi.json')).json()).toEqual(document);
  });

  it('describes every route, and no route that is not there', () => {
    // Parts of the documentation page are files, not routes of the API.
    const served = testApp()
      .router.routes.filter(({ method, path }) => method === 'GET' && !path.startsWith('/docs/'))
      .map(({ path }) => path.replaceAll(/:(\w+)/g, '{$1}'));
    expect(Object.keys(document.paths).sort()).toEqual([...new Set(served)].sort());
    expect(Object.values(document.paths).flatMap((methods) => Object.keys(methods))).toEqual(operations.map(() => 'get'));
  });

  it('has every route of the public contract', () => {
    const service = '/api/v1/namespaces/{ns}/services/{name}';
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/api/v1/clusters',
        '/api/v1/services',
        `${service}/state`,
        '/api/v1/namespaces/{ns}/endpoints/{name}',
        '/api/v1/namespaces/{ns}/endpointslices/{name}',
        service,
        `${service}/flips`,
        `${service}/flips.csv`,
        '/api/v1/flips',
        '/api/v1/flips.csv',
        `${service}/timeline`,
        `${service}/diff`,
        `${service}/summary`,
        `${service}/disagreements`,
        '/api/v1/coverage',
        '/api/v1/events',
        '/api/v1/stream',
        '/livez',
        '/readyz',
        '/metrics',
      ]),
    );
  });

  it.each(operations)('%s says what it does, takes, and answers', (path, operation) => {
    expect(operation.summary.length).toBeGreaterThan(10);
    expect(operation.operationId).toMatch(/^[a-z]+/i);
    for (const { name, description, schema } of operation.parameters ?? []) {
      expect(description ?? schema.description, `${name} is described`).toMatch(/\w/);
      expect(schema.examples, `${name} has an example`).toHaveLength(1);
    }
    for (const { description, content } of Object.values(operation.responses)) {
      expect(description).toMatch(/\w/);
      for (const media of Object.values(content)) expect(media).toHaveProperty('example');
    }
    if (path.startsWith('/api/')) {
      for (const status of ['400', '404'])
        expect(operation.responses[status]?.content).toHaveProperty('application/problem+json');
      expect(operation.parameters?.map(({ name }) => name)).toContain('cluster');
    }
  });

  it('gives every operation a name of its own', () => {
    const names = operations.map(([, { operationId }]) => operationId);
    expect(new Set(names).size).toBe(names.length);
  });

  it('names the messages of the stream', () => {
    expect(document.components.schemas).toHaveProperty('FlipsMessage');
    expect(document.components.schemas).toHaveProperty('CoverageMessage');
  });

  it('shows examples that are true to the schemas', () => {
    contract.ClustersAnswer.strict().parse(examples.clusters);
    contract.CoverageAnswer.strict().parse(examples.coverage);
    contract.DiffAnswer.strict().parse(examples.diff);
    contract.LogEvent.strict().parse(examples.event);
    contract.Flip.strict().parse(examples.flip);
    contract.FlipsAnswer.strict().parse(examples.flips);
    ServicesAnswer.strict().parse(examples.services);
    contract.StateAnswer.strict().parse(examples.state);
    contract.TimelineAnswer.strict().parse(examples.timeline);
    DrawnTimeline.strict().parse(examples.drawnTimeline);
    incident.SummaryAnswer.strict().parse(incidentExamples.summary);
    incident.DisagreementsAnswer.strict().parse(incidentExamples.disagreements);
    expect(examples.csv.split('\r\n')[0]).toBe(CSV_COLUMNS.join(','));
  });
});
