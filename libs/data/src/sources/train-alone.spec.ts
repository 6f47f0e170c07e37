import { describe, expect, it } from '@jest/globals';
import { memorySource } from '../spec-support/memory-source.js';
import { surveySource } from './survey-source.js';
import { bringsTrainAlone } from './train-alone.js';

const isTrainAlone = async (files: Record<string, string>): Promise<boolean> => {
  const source = memorySource(files);
  return bringsTrainAlone(source, await surveySource(source), { dataset: 'd' });
};

describe('a source that fixes train alone', () => {
  it('has nothing but train, in folders or by a manifest', async () => {
    expect(await isTrainAlone({ 'train/ants/1.jpg': '1', 'train/bees/2.jpg': '2' })).toBe(true);
    const manifest = 'file,label,split\n1.jpg,ants,train\n2.jpg,ants,';
    expect(await isTrainAlone({ 'manifest.csv': manifest, '1.jpg': '1' })).toBe(true);
    expect(await isTrainAlone({ 'manifest.csv': manifest, '1.jpg': '1', '2.jpg': '2' })).toBe(false);
  });

  it('is no source with a val or a test, without splits, or without files', async () => {
    expect(await isTrainAlone({ 'train/ants/1.jpg': '1', 'val/ants/2.jpg': '2' })).toBe(false);
    expect(await isTrainAlone({ 'train/ants/1.jpg': '1', 'test/ants/2.jpg': '2' })).toBe(false);
    expect(await isTrainAlone({ 'ants/1.jpg': '1', 'bees/2.jpg': '2' })).toBe(false);
    expect(await isTrainAlone({})).toBe(false);
  });
});
