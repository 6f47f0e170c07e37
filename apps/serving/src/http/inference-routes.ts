/**
 * The Open Inference Protocol v2 with its binary tensor data extension, in a scope of its own: bodies come as bytes whatever
 * their content type, errors are `{"error": …}`.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AppError, describePin } from '@graft/contracts';
import { versionInfo } from '@graft/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ServedModel } from '../models/served-model.js';
import type { Current, Lease, ServingTable } from '../replica/serving-table.js';
import type { Beside } from '../trials/answer-beside.js';
import type { App } from './app-types.js';
import { sendProtocolError } from './errors.js';
import {
  inferenceRequestSchema,
  inferenceResponseSchema,
  modelMetadataSchema,
  protocolErrorSchema,
  repositoryIndexSchema,
  serverMetadataSchema,
} from './inference-schemas.js';
import { BINARY_HEADER, parseInferenceBody } from './inference-body.js';
import { hangUpSignal } from './hang-up-signal.js';
import { KEY_HEADER, keySchema } from './key-header.js';
import type { ReadBody } from './read-body.js';
import { infer, takesTheSame, type Inference, type InferenceLimits } from './run-inference.js';
import { encodeBinaryResponse } from './tensors.js';

declare module 'fastify' {
  interface FastifyRequest {
    tensorBytes: Uint8Array | null;
  }
}

export interface InferenceRouteOptions extends InferenceLimits {
  readonly table: ServingTable;
  readonly beside: Beside;
  readonly ready: () => boolean;
  readonly readBody: ReadBody;
  readonly bodyLimitBytes: number;
}

const errors = { '4xx': protocolErrorSchema, '5xx': protocolErrorSchema };
const byModel = z.object({ model: z.string().min(1).max(200), version: z.string().optional() });
type ByModel = z.infer<typeof byModel>;

/** Why the repository holds it: nothing to say of what answers as the ledger says. */
const whyLoaded = (one: ServedModel, { served: current, pin }: Pick<Current, 'served' | 'pin'>): string => {
  if (one === current) return pin === undefined ? '' : describePin(pin);
  return one.version === current.version
    ? `its variant ${one.variant}, which answered before, kept loaded`
    : 'the previous version, kept loaded';
};

export const inferenceRoutes = async (app: App, options: InferenceRouteOptions): Promise<void> => {
  const { table, beside, ready, readBody, bodyLimitBytes } = options;
  const tags = ['open inference protocol'];
  const acquire = ({ model, version }: ByModel): Lease => {
    if (version === undefined) return table.acquire(model);
    if (!/^[1-9]\d{0,8}$/.test(version)) throw new AppError('not_found', `${model} has no version ${version}`);
    return table.acquire(model, Number(version));
  };
  const withLease = async <T>(params: ByModel, use: (lease: Lease) => T | Promise<T>): Promise<T> => {
    const lease = acquire(params);
    try {
      return await use(lease);
    } finally {
      lease.release();
    }
  };

  const pinnedAs = (model: string, version: number): Record<string, string> => {
    const pin = table.current(model)?.pin;
    return pin?.version === version ? { pinned: describePin(pin) } : {};
  };

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', async (request: FastifyRequest, payload: IncomingMessage) =>
    readBody(request, payload, bodyLimitBytes),
  );
  app.decorateRequest('tensorBytes', null);
  app.addHook('preValidation', async (request) => {
    if (request.method !== 'POST') return;
    const { json, tensorBytes } = parseInferenceBody(request.body, request.headers[BINARY_HEADER]);
    request.body = json;
    request.tensorBytes = tensorBytes;
  });
  app.setErrorHandler(sendProtocolError);

  app.get(
    '/v2/health/live',
    { schema: { tags, operationId: 'serverLive', response: { 200: z.object({ live: z.boolean() }) } } },
    async () => ({ live: true }),
  );
  app.get(
    '/v2/health/ready',
    {
      schema: {
        tags,
        operationId: 'serverReady',
        description: 'Ready: what should be served is known, and all of it is.',
        response: { 200: z.object({ ready: z.boolean() }), 503: z.object({ ready: z.boolean() }) },
      },
    },
    async (_request, reply) => reply.status(ready() ? 200 : 503).send({ ready: ready() }),
  );
  app.get(
    '/v2',
    { schema: { tags, operationId: 'serverMetadata', response: { 200: serverMetadataSchema } } },
    async () => ({
      name: 'graft',
      version: versionInfo().graft,
      extensions: ['model_repository', 'binary_tensor_data'],
    }),
  );
  app.post(
    '/v2/repository/index',
    {
      schema: {
        tags,
        operationId: 'repositoryIndex',
        body: z.object({ ready: z.boolean().optional() }).nullish(),
        response: { 200: repositoryIndexSchema, ...errors },
      },
    },
    async () =>
      table.models().flatMap((model) =>
        table.versions(model).map((one) => ({
          name: model,
          version: String(one.version),
          state: 'READY',
          reason: whyLoaded(one, table.current(model) ?? { served: one }),
        })),
      ),
  );

  for (const [base, suffix] of [
    ['/v2/models/:model', ''],
    ['/v2/models/:model/versions/:version', 'Version'],
  ] as const) {
    app.get(
      base,
      {
        schema: {
          tags,
          operationId: `modelMetadata${suffix}`,
          params: byModel,
          response: { 200: modelMetadataSchema, ...errors },
        },
      },
      ({ params }) =>
        withLease(params, ({ served: { model, version, variant, signature } }) => ({
          name: model,
          versions:
            params.version === undefined
              ? [...new Set(table.versions(model).map((one) => String(one.version)))]
              : [`${version}`],
          platform: 'onnxruntime_onnx',
          inputs: [signature.input],
          outputs: signature.outputs,
          properties: { variant, ...pinnedAs(model, version) },
          labels: signature.labels,
        })),
    );
    app.get(
      `${base}/ready`,
      {
        schema: {
          tags,
          operationId: `modelReady${suffix}`,
          params: byModel,
          response: { 200: z.object({ name: z.string(), ready: z.boolean() }), ...errors },
        },
      },
      ({ params }) => withLease(params, ({ served: { model } }) => ({ name: model, ready: true })),
    );
    app.post(
      `${base}/infer`,
      {
        schema: {
          tags,
          operationId: `infer${suffix}`,
          params: byModel,
          body: inferenceRequestSchema,
          headers: z.looseObject({ [KEY_HEADER]: keySchema.optional() }),
          response: { 200: inferenceResponseSchema, ...errors },
        },
      },
      (request, reply) =>
        withLease(request.params, async (lease) => {
          const champion = lease.served;
          const signal = hangUpSignal(reply);
          const note = ({ model, version }: ServedModel): void => {
            request.answeredBy = { model, version, generation: lease.generation };
          };
          note(champion);
          const tensorBytes = request.tensorBytes ?? new Uint8Array();
          const run = (one: ServedModel) => infer(one, request.body, tensorBytes, { ...options, signal });
          const { answer: found, served } =
            request.params.version === undefined
              ? await beside.answer<Inference>({
                  ...{ champion, run, bestOf: ({ best }) => best },
                  fits: (one) => takesTheSame(champion, one),
                  key: () => request.headers[KEY_HEADER] ?? request.body.id ?? randomUUID(),
                })
              : { answer: await run(champion), served: champion };
          note(served);
          const { answer, outputs } = found;
          if (!outputs.some(({ isBinary }) => isBinary)) return answer;
          const { body, jsonBytes } = encodeBinaryResponse(answer, outputs);
          const raw: FastifyReply = reply;
          return raw.type('application/octet-stream').header(BINARY_HEADER, String(jsonBytes)).send(body);
        }),
    );
  }
};
