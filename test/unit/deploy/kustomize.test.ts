import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { STOP_WITHIN_MS } from '../../../src/cli/server.ts';
import { readConfig } from '../../../src/config.ts';
import { RESOURCES } from '../../../src/domain/resources.ts';

const ROOT = join(import.meta.dirname, '../../..');
const FOLDER = join(ROOT, 'deploy/kustomize');

// biome-ignore lint/suspicious/noExplicitAny: manifests are read as they are; each expectation says what it needs of them
type Manifest = any;

function documents(file: string): Manifest[] {
  return parseAllDocuments(readFileSync(join(FOLDER, file), 'utf8')).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS();
  });
}

const kustomization = documents('kustomization.yaml')[0] as Manifest;
const manifests: Manifest[] = kustomization.resources.flatMap(documents);
const one = (kind: string): Manifest => {
  const found = manifests.filter((each) => each.kind === kind);
  expect(found).toHaveLength(1);
  return found[0];
};
const statefulSet = one('StatefulSet');
const pod = statefulSet.spec.template.spec;
const container = pod.containers[0];

describe('the kustomization', () => {
  it('lists every manifest of its folder', () => {
    expect([...kustomization.resources, 'kustomization.yaml'].sort()).toEqual(readdirSync(FOLDER).sort());
  });

  it('names the image that the StatefulSet runs, at the version of the package', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(kustomization.images).toEqual([{ name: container.image, newTag: version }]);
  });

  it('puts all that has a namespace into its own', () => {
    const namespace = one('Namespace').metadata.name;
    expect(kustomization.namespace).toBe(namespace);
    for (const { kind, metadata } of manifests) {
      if (!/^(Namespace|ClusterRole|ClusterRoleBinding)$/.test(kind)) expect(metadata.namespace).toBe(namespace);
    }
  });
});

describe('the rights of the recorder', () => {
  it('are get, list and watch on exactly the resources that are recorded', () => {
    const { rules } = one('ClusterRole');
    const granted: string[] = rules.flatMap(({ apiGroups, resources, verbs, ...rest }: Manifest) => {
      expect(rest).toEqual({});
      expect([...verbs].sort()).toEqual(['get', 'list', 'watch']);
      return apiGroups.flatMap((group: string) => resources.map((resource: string) => `${group}/${resource}`));
    });
    const recorded = RESOURCES.map(({ apiVersion, plural }) => `${apiVersion.split('/').slice(0, -1).join('')}/${plural}`);
    expect(granted.sort()).toEqual(recorded.sort());
  });

  it('are bound to the account that it runs as, and to no other', () => {
    const { roleRef, subjects } = one('ClusterRoleBinding');
    const account = one('ServiceAccount').metadata;
    expect(roleRef).toEqual({
      apiGroup: 'rbac.authorization.k8s.io',
      kind: 'ClusterRole',
      name: one('ClusterRole').metadata.name,
    });
    expect(subjects).toEqual([{ kind: 'ServiceAccount', name: account.name, namespace: account.namespace }]);
    expect(pod.serviceAccountName).toBe(account.name);
    expect(pod.automountServiceAccountToken).toBe(true);
  });
});

describe('the StatefulSet', () => {
  it('runs one recorder, because a log has one writer', () => {
    expect(statefulSet.spec.replicas).toBe(1);
    expect(pod.containers).toHaveLength(1);
  });

  it('meets the restricted Pod Security Standard that its namespace enforces', () => {
    expect(one('Namespace').metadata.labels['pod-security.kubernetes.io/enforce']).toBe('restricted');
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('runs as the user that owns the volume in the image, with the volume’s group', () => {
    const user = /^USER (\d+):(\d+)$/m.exec(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'));
    const { runAsUser, runAsGroup, fsGroup } = pod.securityContext;
    expect([runAsUser, runAsGroup, fsGroup]).toEqual([Number(user?.[1]), Number(user?.[2]), Number(user?.[2])]);
  });

  it('keeps the log on a claimed volume, where the image writes it', () => {
    const [claim] = statefulSet.spec.volumeClaimTemplates;
    expect(container.volumeMounts).toEqual([{ name: claim.metadata.name, mountPath: '/data' }]);
    expect(claim.spec.resources.requests.storage).toMatch(/^\d+Gi$/);
  });

  it('is probed on the port that the image listens on', () => {
    const listen = /FLIPBOOK_LISTEN=(\S+)/.exec(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'))?.[1];
    const { port } = readConfig({}, { FLIPBOOK_LISTEN: listen }).listen;
    expect(container.ports).toEqual([{ name: 'http', containerPort: port, protocol: 'TCP' }]);
    expect(container.startupProbe.httpGet).toEqual({ path: '/livez', port: 'http' });
    expect(container.livenessProbe.httpGet).toEqual({ path: '/livez', port: 'http' });
    expect(container.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'http' });
  });

  it('says what it needs, and limits memory but not CPU', () => {
    expect(Object.keys(container.resources.requests).sort()).toEqual(['cpu', 'memory']);
    expect(Object.keys(container.resources.limits)).toEqual(['memory']);
  });

  it('gives settings that can be read', () => {
    const env = Object.fromEntries(container.env.map(({ name, value }: Manifest) => [name, value]));
    expect(readConfig({}, env)).toMatchObject({ cluster: env.FLIPBOOK_CLUSTER });
    expect(Object.keys(env).filter((name) => !name.startsWith('FLIPBOOK_'))).toEqual([]);
  });

  it('waits longer for the end than the recorder takes', () => {
    expect(pod.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(2 * STOP_WITHIN_MS);
  });
});

describe('the Service', () => {
  it('finds the recorder’s Pod and its port, ready or not', () => {
    const { selector, ports, publishNotReadyAddresses } = one('Service').spec;
    expect(statefulSet.spec.template.metadata.labels).toMatchObject(selector);
    expect(statefulSet.spec.selector.matchLabels).toEqual(selector);
    expect(statefulSet.spec.serviceName).toBe(one('Service').metadata.name);
    expect(ports).toEqual([{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }]);
    expect(publishNotReadyAddresses).toBe(true);
  });
});
