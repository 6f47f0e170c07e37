/** Every endpoint that writes, as the OpenAPI document lists them and the table of rights has them: none is named here. */
import { problemSchema, ROLES, type Problem, type Role } from '@graft/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MLFLOW_PREFIX } from './http/mlflow/routes.js';
import { ACCESS } from './rules/roles.js';
import {
  isWrite,
  readDescribedApi,
  type DescribedApi,
  type DescribedOperation,
  type JsonSchema,
} from './testing/described-api.js';
import { createWorkshop } from './testing/entities.js';
import { startTestRegistry, type TestRegistry } from './testing/test-registry.js';

let registry: TestRegistry;
let api: DescribedApi;
let writes: readonly DescribedOperation[];

beforeAll(async () => {
  registry = await startTestRegistry();
  api = readDescribedApi(await (await fetch(`${registry.url()}/openapi.json`)).json());
  writes = api.operations.filter(isWrite);
});
afterAll(async () => registry.stop());

const isMlflow = ({ path }: DescribedOperation): boolean => path.startsWith(MLFLOW_PREFIX);
const rolesOf = ({ operationId }: DescribedOperation): readonly Role[] => ACCESS[operationId as keyof typeof ACCESS];
/** Admin where it may, since others may lack what a service checks beyond the table. */
const allowed = (operation: DescribedOperation): string =>
  `token-of-${rolesOf(operation).includes('admin') ? 'admin' : rolesOf(operation)[0]}`;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: unknown;
}

const call = async (
  { method, path, pathParameters }: DescribedOperation,
  { token, body, parameters = {} }: { token?: string; body?: unknown; parameters?: Readonly<Record<string, unknown>> },
): Promise<Answer> => {
  const url = pathParameters.reduce(
    (filled, { name, schema }) =>
      filled.replace(`{${name}}`, encodeURIComponent(String(parameters[name] ?? api.sample(schema)))),
    path,
  );
  const response = await fetch(registry.url() + url, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    body: await response.json(),
  };
};

/** What an endpoint answers where it refuses, in the form that its clients read. */
const refusal = (operation: DescribedOperation, { status, type, body }: Answer): Partial<Problem> => {
  if (isMlflow(operation)) {
    expect(type).toMatch(/^application\/json/);
    expect(body).toEqual({ error_code: expect.any(String), message: expect.any(String) });
    const { message } = body as { message: string };
    return { status, detail: message };
  }
  expect(type).toMatch(/^application\/problem\+json/);
  const problem = problemSchema.parse(body);
  expect(problem.status).toBe(status);
  return problem;
};

/** What each of a list of operations came to, by name, so that a failure says which. */
const byName = async <T>(
  operations: readonly DescribedOperation[],
  act: (operation: DescribedOperation) => Promise<T>,
): Promise<Record<string, T>> => {
  const results: Record<string, T> = {};
  for (const operation of operations) results[operation.operationId] = await act(operation);
  return results;
};
const every = <T>(operations: readonly DescribedOperation[], value: T): Record<string, T> =>
  Object.fromEntries(operations.map(({ operationId }) => [operationId, value]));

/** The types of JSON that a schema takes. */
const typesOf = (reference: JsonSchema): readonly string[] => {
  const { type, anyOf, oneOf, enum: values, ...schema } = api.resolve(reference);
  const others = anyOf ?? oneOf;
  if (others !== undefined) return others.flatMap(typesOf);
  if (type !== undefined) return [type].flat();
  const listed = 'const' in schema ? [schema.const] : values;
  return (listed ?? []).map((value) => (value === null ? 'null' : typeof value));
};

const WRONG: readonly (readonly [type: string, value: unknown])[] = [
  ['object', { no: 'such thing' }],
  ['array', []],
  ['boolean', true],
  ['string', ''],
];
/** A value of a type that a schema doesn't take; undefined where it takes any. */
const wrongFor = (schema: JsonSchema): unknown => {
  const types = typesOf(schema);
  return types.length === 0 ? undefined : WRONG.find(([type]) => !types.includes(type))?.[1];
};
const firstForm = (reference: JsonSchema): JsonSchema | undefined => {
  const { anyOf, oneOf } = api.resolve(reference);
  return (anyOf ?? oneOf)?.[0];
};
/** The properties of a body; of one that comes in several forms, those of the first. */
const propertiesOf = (reference: JsonSchema): [string, JsonSchema][] => {
  const first = firstForm(reference);
  return first === undefined ? Object.entries(api.resolve(reference).properties ?? {}) : propertiesOf(first);
};
/** What tells the forms of a body apart has to be right for the rest to be looked at. */
const formOf = (reference: JsonSchema): object => {
  const first = firstForm(reference);
  return first === undefined ? {} : (api.sample(first) as object);
};

/** Not what a caller saw of a deployment, but what a report was made against: any is kept as it is said. */
const KEEPS_GENERATION: readonly string[] = ['createModelVersion'];

describe('every endpoint that writes', () => {
  it('is in the table of rights, and takes a body that the document describes or none', () => {
    expect(writes.length).toBeGreaterThan(40);
    for (const { operationId } of writes) expect(Object.keys(ACCESS)).toContain(operationId);
  });

  it('answers 401 without a token, before it looks at anything else', async () => {
    const told = await byName(writes, async (operation) => {
      const { status } = refusal(operation, await call(operation, { body: '{' }));
      return status;
    });
    expect(told).toEqual(every(writes, 401));
  });

  it('answers 403 to every role that the table does not name, and to no other', async () => {
    const told = await byName(writes, async (operation) => {
      const forbidden: Role[] = [];
      for (const role of ROLES) {
        const answer = await call(operation, { token: `token-of-${role}`, body: '{' });
        expect(refusal(operation, answer).status).toBeGreaterThanOrEqual(400);
        if (answer.status === 403) forbidden.push(role);
      }
      return forbidden;
    });
    const expected = writes.map((one) => [one.operationId, ROLES.filter((role) => !rolesOf(one).includes(role))]);
    expect(told).toEqual(Object.fromEntries(expected));
  });

  it('answers 400 to what is no JSON', async () => {
    const told = await byName(writes, async (operation) => {
      const answer = await call(operation, { token: allowed(operation), body: '{' });
      return refusal(operation, answer).status;
    });
    expect(told).toEqual(every(writes, 400));
  });

  it('answers 400 to each field of a wrong type, and names it', async () => {
    const bodies = writes.filter(({ body }) => body !== null);
    expect(bodies.length).toBeGreaterThan(20);
    const silent: string[] = [];
    for (const operation of bodies) {
      for (const [name, schema] of propertiesOf(operation.body ?? {})) {
        const wrong = wrongFor(schema);
        if (wrong === undefined) continue;
        const problem = refusal(
          operation,
          await call(operation, {
            token: allowed(operation),
            body: { ...formOf(operation.body ?? {}), [name]: wrong },
          }),
        );
        const fields = problem.errors?.map(({ field }) => field) ?? [];
        const isNamed = fields.some((field) => field === `body.${name}` || field.startsWith(`body.${name}.`));
        if (problem.status !== 400 || !isNamed) {
          silent.push(`${operation.operationId}: ${name} → ${problem.status} ${fields.join(' ')}`);
        }
      }
    }
    expect(silent).toEqual([]);
  });

  it('of MLflow’s API answers 400 to a request that says nothing, and names the parameter', async () => {
    const mlflow = writes.filter(isMlflow);
    expect(mlflow.length).toBeGreaterThan(10);
    const told = await byName(mlflow, async (operation) => {
      const { status, detail = '' } = refusal(
        operation,
        await call(operation, { token: allowed(operation), body: {} }),
      );
      return `${status} ${/parameter '\w+'/.exec(detail)?.[0] ?? detail}`;
    });
    for (const answer of Object.values(told)) expect(answer).toMatch(/^400 parameter '\w+'$/);
  });
});

describe('every endpoint that takes a generation', () => {
  it('answers 409 to another than the present one, which it tells, and changes nothing', async () => {
    const admin = registry.as('admin');
    const shop = await createWorkshop(admin, 'generations');
    await shop.ship();
    await shop.ship();
    const { version: approved } = await shop.register();
    await shop.approve(approved);
    const { version: candidate, reportDigest } = await shop.register();
    const present = await shop.generation();

    const takes = writes.filter(
      ({ operationId, body }) =>
        propertiesOf(body ?? {}).some(([name]) => /generation$/i.test(name)) && !KEEPS_GENERATION.includes(operationId),
    );
    expect(takes.length).toBeGreaterThan(3);
    for (const seen of [present - 1, present + 1]) {
      const told = await byName(takes, async (operation) => {
        const fields = propertiesOf(operation.body ?? {}).map(([name]) => name);
        // What the endpoints of today and tomorrow may ask beside it; each gets what it knows.
        const facts = {
          ...{ environment: 'production', version: approved, reportDigest, reason: 'because' },
          ...Object.fromEntries(fields.filter((name) => /generation$/i.test(name)).map((name) => [name, seen])),
        };
        const body = {
          ...(api.sample(operation.body ?? {}) as object),
          ...Object.fromEntries(Object.entries(facts).filter(([name]) => fields.includes(name))),
        };
        const parameters = { model: shop.model, version: candidate, environment: 'production' };
        const answer = await call(operation, { token: allowed(operation), body, parameters });
        const { status, code, details } = refusal(operation, answer);
        return { status, code, generation: details?.['generation'] };
      });
      expect(told).toEqual(every(takes, { status: 409, code: 'stale_generation', generation: present }));
    }
    expect(await shop.generation()).toBe(present);
    expect((await admin.getModelVersion(shop.model, candidate)).state).toBe('candidate');
  });
});
