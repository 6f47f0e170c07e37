/** A real MinIO posts its events, and posts again what it could not deliver while nobody listened. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createMinioStore, type ObjectStore } from '@graft/artifacts';
import { graftPaths } from '@graft/platform';
import { pickPort, startMinio, stopProcess } from '@graft/tools';
import { Client } from 'minio';
import { createWorld } from '../testing/activity-world.js';
import { eventually } from '../testing/eventually.js';
import { startLandingWebhook, type LandingWebhook } from './landing-webhook.js';

const TOKEN = 'a-token-of-some-length';
const KEYS = { accessKey: 'graft-test', secretKey: 'graft-test-secret' };
const ARN = 'arn:minio:sqs::GRAFT:webhook';

describe('events of MinIO by webhook', () => {
  let folder: string;
  let port: number;
  let store: ObjectStore;
  let webhook: LandingWebhook | null = null;
  let minio: Awaited<ReturnType<typeof startMinio>>;
  const landed: string[] = [];

  const listen = async (token = TOKEN): Promise<void> => {
    webhook = await startLandingWebhook({
      ...{ port, token, bucket: 'landing', logger: createWorld().logger },
      gatherer: { landed: (key) => void landed.push(key) },
    });
  };
  const stopListening = async (): Promise<void> => {
    await webhook?.close();
    webhook = null;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'graft-webhook-'));
    port = await pickPort();
    await listen();
    minio = await startMinio({
      ...{ cacheDir: graftPaths().cacheDir, dataDir: join(folder, 'data'), certsDir: join(folder, 'certs') },
      ...{ logFile: join(folder, 'minio.log'), port: await pickPort(), consolePort: await pickPort(), ...KEYS },
      mark: {
        MINIO_NOTIFY_WEBHOOK_ENABLE_GRAFT: 'on',
        MINIO_NOTIFY_WEBHOOK_ENDPOINT_GRAFT: `http://127.0.0.1:${port}/v1/landing-events`,
        MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN_GRAFT: `Bearer ${TOKEN}`,
        MINIO_NOTIFY_WEBHOOK_QUEUE_DIR_GRAFT: join(folder, 'events'),
      },
    });
    store = createMinioStore({ endpoint: minio.endpoint, ...KEYS, bucket: 'landing' });
    const { hostname, port: storePort } = new URL(minio.endpoint);
    await new Client({
      ...{ endPoint: hostname, port: Number(storePort), useSSL: false, ...KEYS },
    }).setBucketNotification('landing', {
      QueueConfiguration: [{ Id: 'graft', Queue: ARN, Event: ['s3:ObjectCreated:*'] }],
    } as never);
  });
  afterAll(async () => {
    await stopListening();
    await stopProcess(minio.process);
    await rm(folder, { recursive: true, force: true });
  });

  it('tell of what lands, whatever its name', async () => {
    await store.put('flowers/röse & co/a b+c.png', Uint8Array.of(1));
    await eventually(() => landed.includes('flowers/röse & co/a b+c.png'));
  });

  it('are kept while nobody listens, or takes them, and delivered after', async () => {
    await stopListening();
    for (let i = 0; i < 5; i += 1) await store.put(`flowers/rose/${i}.png`, Uint8Array.of(i));
    await listen('another-token-of-some-length');
    await store.put('flowers/rose/5.png', Uint8Array.of(5));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(landed.filter((key) => key.startsWith('flowers/rose/'))).toEqual([]);
    await stopListening();
    await listen();
    await eventually(() => new Set(landed.filter((key) => key.startsWith('flowers/rose/'))).size === 6, 90_000);
  });
});
