/** The API as its own OpenAPI document describes it, for specs that go through every endpoint without naming one. */
import fc from 'fast-check';
import { z } from 'zod';

/** The part of JSON Schema that the document uses. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  /** False: no more than the `prefixItems` of a tuple. */
  readonly items?: JsonSchema | false;
  readonly prefixItems?: readonly JsonSchema[];
  readonly minItems?: number;
  readonly minimum?: number;
  readonly minLength?: number;
  readonly pattern?: string;
  readonly format?: string;
}

export interface DescribedOperation {
  readonly operationId: string;
  readonly method: string;
  /** With `{name}` for each parameter. */
  readonly path: string;
  readonly pathParameters: readonly { readonly name: string; readonly schema: JsonSchema }[];
  readonly queryParameters: readonly string[];
  /** Null where it takes no body, or describes none. */
  readonly body: JsonSchema | null;
  /** Of the answer with status 200; null where none is described. */
  readonly answer: JsonSchema | null;
}

export interface DescribedApi {
  readonly operations: readonly DescribedOperation[];
  /** The schema that a reference leads to, or the schema itself. */
  resolve(schema: JsonSchema): JsonSchema;
  /** A value that fits a schema: what it requires, and no more. */
  sample(schema: JsonSchema): unknown;
}

const WRITES: readonly string[] = ['POST', 'PUT', 'PATCH', 'DELETE'];
export const isWrite = ({ method }: Pick<DescribedOperation, 'method'>): boolean => WRITES.includes(method);

const jsonSchema = z.custom<JsonSchema>((value) => typeof value === 'object' && value !== null);
const contentSchema = z.object({ content: z.object({ 'application/json': z.object({ schema: jsonSchema }) }) });
const operationSchema = z.object({
  operationId: z.string().optional(),
  parameters: z.array(z.object({ name: z.string(), in: z.string(), schema: jsonSchema })).default([]),
  requestBody: contentSchema.optional(),
  responses: z.record(z.string(), z.unknown()).default({}),
});
const documentSchema = z.object({
  components: z.object({ schemas: z.record(z.string(), jsonSchema) }),
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
});

const FORMATS: Readonly<Record<string, string>> = {
  uuid: '00000000-0000-4000-8000-000000000000',
  'date-time': '2026-01-01T00:00:00Z',
  uri: 'http://127.0.0.1:9/',
};

const sampleText = ({ format = '', pattern, minLength = 0 }: JsonSchema): string => {
  const known = FORMATS[format];
  if (known !== undefined) return known;
  if (pattern === undefined) return 'x'.repeat(Math.max(1, minLength));
  return fc.sample(fc.stringMatching(new RegExp(pattern)), { numRuns: 1, seed: 1 })[0] ?? '';
};

/** @param document what `GET /openapi.json` answers */
export const readDescribedApi = (document: unknown): DescribedApi => {
  const { components, paths } = documentSchema.parse(document);
  const resolve = (schema: JsonSchema): JsonSchema => {
    const name = schema.$ref?.split('/').at(-1);
    const found = name === undefined ? schema : components.schemas[name];
    if (found === undefined) throw new Error(`the document has no schema ${schema.$ref ?? ''}`);
    return found;
  };
  const sample = (reference: JsonSchema): unknown => {
    const schema = resolve(reference);
    const [first] = schema.anyOf ?? schema.oneOf ?? [];
    if (first !== undefined) return sample(first);
    if ('const' in schema) return schema.const;
    if (schema.enum !== undefined) return schema.enum[0];
    switch (schema.type) {
      case 'object':
        return Object.fromEntries(
          (schema.required ?? []).map((name) => [name, sample(schema.properties?.[name] ?? { type: 'object' })]),
        );
      case 'array':
        return (
          schema.prefixItems?.map(sample) ??
          Array.from({ length: schema.minItems ?? 0 }, () => sample(schema.items === false ? {} : (schema.items ?? {})))
        );
      case 'string':
        return sampleText(schema);
      case 'integer':
      case 'number':
        return schema.minimum ?? 1;
      case 'boolean':
        return false;
      default:
        return null;
    }
  };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(
      ([method, { operationId, parameters, requestBody, responses }]): DescribedOperation[] =>
        operationId === undefined
          ? []
          : [
              {
                operationId,
                method: method.toUpperCase(),
                path,
                pathParameters: parameters.filter((one) => one.in === 'path'),
                queryParameters: parameters.filter((one) => one.in === 'query').map(({ name }) => name),
                body: requestBody?.content['application/json'].schema ?? null,
                answer: contentSchema.safeParse(responses['200']).data?.content['application/json'].schema ?? null,
              },
            ],
    ),
  );
  return { operations, resolve, sample };
};
