import {
  digestSchema,
  nameSchema,
  pipelineEmbedderSchema,
  pipelinePatchSchema,
  pipelineVersionSchema,
  requestedRunSchema,
  runRequestSchema,
} from '@graft/contracts';
import { z } from 'zod';
import type { Services } from '../../services/index.js';
import { answers, idSchema, type App } from '../app-types.js';
import { pageOf, pageQuery, readPage } from '../pages.js';
import { principalOf } from '../principal.js';

const applySchema = z.object({ yaml: z.string() }).meta({ id: 'PipelineFile' });

export const pipelineRoutes = (app: App, services: Services): void => {
  const tags = ['pipelines'];
  // `curl --data-binary @pipeline.yaml -H 'content-type: application/yaml'` does what the JSON form does.
  app.addContentTypeParser(['application/yaml', 'text/yaml'], { parseAs: 'string' }, (_request, yaml, done) =>
    done(null, { yaml }),
  );
  app.post(
    '/v1/pipelines',
    {
      schema: {
        operationId: 'applyPipeline',
        description: 'Applies a pipeline file: a new version, or the present one when nothing in it changed.',
        tags,
        body: applySchema,
        response: answers(pipelineVersionSchema),
      },
    },
    ({ body }) => services.applyPipeline(body.yaml),
  );
  app.get(
    '/v1/pipelines',
    {
      schema: {
        operationId: 'listPipelines',
        description: 'The latest version of each; of one dataset’s subscribers where one is named.',
        tags,
        querystring: z.object({ dataset: nameSchema.optional(), ...pageQuery() }),
        response: answers(pageOf(pipelineVersionSchema)),
      },
    },
    (request) =>
      readPage(request, {
        key: z.string(),
        list: (page) => services.listPipelines({ dataset: request.query.dataset }, page),
        keyOf: ({ name }) => name,
      }),
  );
  app.patch(
    '/v1/pipelines/:name',
    {
      schema: {
        operationId: 'patchPipeline',
        description:
          'Switches it on or off: whether runs of it start by themselves. Earlier versions keep what they were.',
        tags,
        params: z.object({ name: idSchema }),
        body: pipelinePatchSchema,
        response: answers(pipelineVersionSchema),
      },
    },
    ({ params, body }) => services.patchPipeline(params.name, body),
  );
  app.post(
    '/v1/pipelines/:name/runs',
    {
      schema: {
        operationId: 'requestRun',
        description:
          'Asks for a run of a dataset version (default: the latest). One that is there already is the answer, unless `again` asks for another try.',
        tags: ['runs'],
        params: z.object({ name: idSchema }),
        body: runRequestSchema,
        response: answers(requestedRunSchema),
      },
    },
    (request) => services.requestRun(principalOf(request).name, request.params.name, request.body),
  );
  app.get(
    '/v1/pipelines/:name',
    {
      schema: {
        operationId: 'getPipeline',
        description: 'Its latest version.',
        tags,
        params: z.object({ name: idSchema }),
        response: answers(pipelineVersionSchema),
      },
    },
    ({ params }) => services.getPipeline(params.name),
  );
  app.get(
    '/v1/pipelines/:name/versions/:number',
    {
      schema: {
        operationId: 'getPipelineVersion',
        description: 'As it was applied then.',
        tags,
        params: z.object({ name: idSchema, number: z.coerce.number().int().min(1) }),
        response: answers(pipelineVersionSchema),
      },
    },
    ({ params }) => services.getPipeline(params.name, params.number),
  );
  app.get(
    '/v1/pipelines/:name/embedders/:identity',
    {
      schema: {
        operationId: 'getPipelineEmbedder',
        description: 'The embedder that a pipeline keeps for an identity.',
        tags,
        params: z.object({ name: idSchema, identity: idSchema }),
        response: answers(pipelineEmbedderSchema),
      },
    },
    ({ params }) => services.getPipelineEmbedder(params.name, params.identity),
  );
  app.put(
    '/v1/pipelines/:name/embedders/:identity',
    {
      schema: {
        operationId: 'keepPipelineEmbedder',
        description: 'Keeps an embedder, once and for all: the answer is the one that is kept, the first one’s.',
        tags,
        params: z.object({ name: idSchema, identity: digestSchema }),
        body: pipelineEmbedderSchema,
        response: answers(pipelineEmbedderSchema),
      },
    },
    ({ params, body }) => services.keepPipelineEmbedder(params.name, params.identity, body.embedder),
  );
};
