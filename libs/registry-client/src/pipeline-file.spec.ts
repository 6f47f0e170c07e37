import { AppError } from '@graft/contracts';
import { describe, expect, it } from '@jest/globals';
import { parsePipelineFile, type PipelineFileError } from './pipeline-file.js';

const VALID = `# flowers, every night
schemaVersion: pipeline.v1
name: flowers
data:
  dataset: flowers
train:
  epochs: 3
`;

const errorsOf = (text: string): PipelineFileError[] => {
  try {
    parsePipelineFile(text);
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'invalid_pipeline') {
      return thrown.details['errors'] as PipelineFileError[];
    }
    throw thrown;
  }
  throw new Error('the file was accepted');
};

describe('parsePipelineFile', () => {
  it('fills in the defaults of what a short file leaves out', () => {
    const pipeline = parsePipelineFile(VALID);
    expect(pipeline.train.epochs).toBe(3);
    expect(pipeline.train.backbone).toBe('efficientnet_lite0');
    expect(pipeline.rollout.environment).toBe('production');
    expect(pipeline.maxRunsPerDay).toBeNull();
  });

  it('names line, column and field of a wrong value', () => {
    expect(errorsOf(VALID.replace('epochs: 3', 'epochs: many'))).toEqual([
      { line: 7, column: 11, field: 'train.epochs', message: expect.stringContaining('expected') },
    ]);
  });

  it('names an unknown field where it stands, and each of several', () => {
    const errors = errorsOf(`${VALID}  epoch: 4\nreviews: {}\n`);
    expect(errors.map(({ line, column, field }) => [line, column, field])).toEqual([
      [8, 3, 'train.epoch'],
      [9, 1, 'reviews'],
    ]);
  });

  it('refuses weights that nobody can fetch, images that are too small, and a network without weights', () => {
    const train = (...lines: string[]): string => VALID + lines.map((line) => `  ${line}\n`).join('');
    const faultOf = (text: string): unknown => errorsOf(text).map(({ field, message }) => `${field}: ${message}`);
    expect(faultOf(train('weights: https://example.org/a.pth'))).toEqual([
      expect.stringMatching(/^train.weights: .*#sha256=/),
    ]);
    expect(faultOf(train('weights: mine.pth'))).toEqual([
      expect.stringMatching(/^train.weights: mine.pth: a relative path/),
    ]);
    expect(faultOf(train('backbone: vgg16', 'inputSize: 16'))).toEqual([
      expect.stringMatching(/^train.inputSize: vgg16 can't/),
    ]);
    expect(faultOf(train('backbone: efficientnet_phi1.5'))).toEqual([
      expect.stringMatching(/^train.backbone: .*no weights/),
    ]);
    expect(faultOf(train('backbone: resnet50.a1_in1k'))).toEqual([
      expect.stringMatching(/resnet50\.tv_in1k, resnet50\.tv2/),
    ]);
    const own = parsePipelineFile(
      train('backbone: efficientnet_phi1.5', 'weights: s3://models/own.pth', 'inputSize: 160'),
    );
    expect(own.train).toMatchObject({ backbone: 'efficientnet_phi1.5', inputSize: 160 });
  });

  it('says in one sentence what a training lacks, at its line', () => {
    const faultOf = (...lines: string[]): unknown => errorsOf(VALID.replace('  epochs: 3\n', lines.join('\n')));
    expect(faultOf('  strategy: none')).toEqual([
      {
        line: 7,
        column: 13,
        field: 'train.strategy',
        message: expect.stringMatching(/^a backbone that has learned none .* choose `head`/),
      },
    ]);
    expect(faultOf('  strategy: all')).toEqual([
      { line: 7, column: 13, field: 'train.strategy', message: expect.stringMatching(/"auto"\|"head"\|"partial"/) },
    ]);
    expect(faultOf('  epochs: 0')).toEqual([
      {
        line: 7,
        column: 11,
        field: 'train.epochs',
        message: expect.stringMatching(/^a model that learns for no epoch/),
      },
    ]);
    expect(faultOf('  strategy: partial', '  backbone: resnet18', '  stages: 9')).toEqual([
      {
        line: 9,
        column: 11,
        field: 'train.stages',
        message: expect.stringMatching(/^resnet18 has 5 stages, .* got train.stages 9/),
      },
    ]);
    expect(faultOf('  inputSize: 16', '  stages: 12')).toMatchObject([{ field: 'train.stages' }]);
    expect(faultOf('  strategy: partial', '  stages: 99')).toMatchObject([
      { field: 'train.stages', message: expect.stringMatching(/at most 8 can learn .* got train.stages 99/) },
    ]);
    expect(faultOf('  allow: [everything]')).toMatchObject([{ line: 7, column: 11, field: 'train.allow.0' }]);
  });

  it('refuses variants that there are not, and an int8 embedder where it can have no use, at their place', () => {
    expect(parsePipelineFile(`${VALID}variants: [int8, fp32, pruned60-int8]\n`).variants).toHaveLength(3);
    expect(errorsOf(`${VALID}variants: [int8, int4]\n`)).toEqual([
      { line: 8, column: 18, field: 'variants.1', message: expect.stringMatching(/^expected a variant .*got "int4"/) },
    ]);
    expect(errorsOf(`${VALID}variants: [int8, int8]\n`)).toMatchObject([
      { line: 8, field: 'variants', message: 'each variant once' },
    ]);
    expect(errorsOf(`${VALID}  strategy: full\n  embedder: int8\n`)).toEqual([
      { line: 9, column: 13, field: 'train.embedder', message: expect.stringContaining('got strategy `full`') },
    ]);
    expect(errorsOf(`${VALID}  embedder: int8\nvariants: [int8, fp32]\n`)).toMatchObject([
      { line: 9, column: 18, field: 'variants.1' },
    ]);
  });

  it('asks for no weights where nothing pre-trained is used', () => {
    const text = `${VALID}  backbone: efficientnet_phi-1\n  strategy: scratch\n`;
    expect(parsePipelineFile(text).train).toMatchObject({ backbone: 'efficientnet_phi-1', strategy: 'scratch' });
  });

  it('refuses a backbone that is not in the catalog where it stands, and lists what there is', () => {
    const text = VALID.replace('epochs: 3', 'epochs: many\n  backbone: resnet999');
    expect(errorsOf(text)).toMatchObject([
      { line: 7, field: 'train.epochs' },
      {
        line: 8,
        column: 13,
        field: 'train.backbone',
        message: expect.stringMatching(/no architecture "resnet999"; there are: .*efficientnet_lite0/),
      },
    ]);
    expect(parsePipelineFile(`${VALID}  backbone: efficientnet_lite0.in1k\n`).train.backbone).toBe(
      'efficientnet_lite0.in1k',
    );
  });

  it('places a missing field at the block that lacks it', () => {
    const [error] = errorsOf('schemaVersion: pipeline.v1\nname: flowers\ndata: {}\n');
    expect(error).toMatchObject({ line: 3, column: 7, field: 'data.dataset' });
    expect(error?.message).toMatch(/^is missing/);
  });

  it('refuses broken YAML with the place, a duplicate key, an empty file and an alias bomb', () => {
    expect(errorsOf('name: [a\nb: 1')[0]?.line).toBeGreaterThanOrEqual(1);
    expect(errorsOf(`${VALID}name: twice\n`)[0]).toMatchObject({ line: 8, message: expect.stringMatching(/unique/) });
    expect(errorsOf('')[0]?.message).toBe('the file is empty');
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]'];
    for (let i = 0; i < 8; i += 1)
      bomb.push(`${'bcdefghi'[i]}: &${'bcdefghi'[i]} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`);
    expect(errorsOf(bomb.join('\n'))[0]?.message).toMatch(/alias/i);
  });

  it('says all of it in the message, for a terminal', () => {
    expect(() => parsePipelineFile('schemaVersion: pipeline.v2\nname: "Not A Name"\ndata: { dataset: x }\n')).toThrow(
      /line 1:16 schemaVersion: .*line 2:7 name: /,
    );
  });
});
