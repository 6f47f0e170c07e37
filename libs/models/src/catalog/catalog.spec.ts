import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { findBackbone, listBackbones } from './index.js';

/** Every module that a file loads: our own followed, the rest by name. Imports of types alone load nothing. */
const loadedBy = async (file: string, seen: Set<string>): Promise<Set<string>> => {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = await readFile(file, 'utf8');
  for (const [, specifier = ''] of text.matchAll(/^(?:import|export)\s+(?!type\b)[^;]*?from\s+'([^']+)'/gm)) {
    if (specifier.startsWith('.')) await loadedBy(join(dirname(file), specifier.replace(/\.js$/, '.ts')), seen);
    else seen.add(specifier);
  }
  return seen;
};

describe('the catalog', () => {
  it('finds a backbone by its name and by its architecture', () => {
    for (const backbone of listBackbones()) {
      expect(findBackbone(backbone.name)).toBe(backbone);
      expect(findBackbone(backbone.architecture).architecture).toBe(backbone.architecture);
    }
    expect(() => findBackbone('resnet999')).toThrow(/there are: .*efficientnet_lite0\.in1k/);
  });

  it('loads nothing but contracts: neither an addon nor a module of node', async () => {
    const loaded = await loadedBy(join(dirname(fileURLToPath(import.meta.url)), 'index.ts'), new Set());
    expect([...loaded].filter((each) => !each.startsWith('/'))).toEqual(['@graft/contracts']);
    expect(loaded.size).toBeGreaterThan(4);
  });
});
