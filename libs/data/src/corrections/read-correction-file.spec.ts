import { describe, expect, it } from '@jest/globals';
import { MAX_CORRECTED_IMAGES, newCorrectionSchema, type CorrectionAction } from '@graft/contracts';
import { readCorrectionFile } from './read-correction-file.js';
import { splitActions } from './split-actions.js';

describe('readCorrectionFile', () => {
  it('reads CSV, rows in a row that do the same as one action', () => {
    const text =
      '\ufeffImage,Action,Label\r\nk/ant/1.jpg,relabel,bee\r\n"k/ant/a, b.jpg",relabel,bee\r\nk/ant/3.jpg,relabel,wasp\r\nk/ant/4.jpg,remove,\r\nk/x,dismiss,\r\n';
    expect(readCorrectionFile('c.csv', text)).toEqual([
      { action: 'relabel', images: ['k/ant/1.jpg', 'k/ant/a, b.jpg'], label: 'bee' },
      { action: 'relabel', images: ['k/ant/3.jpg'], label: 'wasp' },
      { action: 'remove', images: ['k/ant/4.jpg'] },
      { action: 'dismiss', keys: ['k/x'] },
    ]);
  });
  it('takes what is said twice, and what is restored and then relabelled', () => {
    const text = 'image,action,label\na,restore,\na,relabel,bee\na,relabel,bee\n';
    expect(readCorrectionFile('c.csv', text)).toEqual([
      { action: 'restore', images: ['a'] },
      { action: 'relabel', images: ['a', 'a'], label: 'bee' },
    ]);
  });
  it('reads JSON Lines of any action', () => {
    const actions: CorrectionAction[] = [
      { action: 'rename', from: 'ant', to: 'formica' },
      { action: 'revert', version: 3 },
      { action: 'restore', images: ['k'] },
    ];
    expect(readCorrectionFile('c.jsonl', `${actions.map((each) => JSON.stringify(each)).join('\n')}\n\n`)).toEqual(
      actions,
    );
  });
  it.each([
    ['c.csv', 'file,label\na,b\n', /line has to name the columns image, action and label; got "file,label"/],
    [
      'c.csv',
      'image,action,label\na,relabel,\nb,paint,x\n,remove,\nc,remove,bee\nd,relabel,x/y\n',
      /line 2: relabel needs label, and it has none\nline 3: the action is relabel, remove, restore or dismiss, got "paint"\nline 4: it names no image\nline 5: remove takes no label\nline 6: its label can't be "x\/y": a label holds no slash/,
    ],
    [
      'c.jsonl',
      '5\n{}\n{"action":"revert","version":"3"}\n{"action":"revert","version":0}\n{"action":"remove","images":[]}',
      /line 1: expected an object with an action, got 5\nline 2: the action is .*rename, revert or dismiss, got none\nline 3: its version has to be .*, got "3"\nline 4: its version is at least 1, got 0\nline 5: its list of images is empty/,
    ],
    [
      'c.csv',
      'image,action,label\na,relabel,bee\nb,remove,\na,relabel,ant\nb,restore,\n',
      /lines 2 and 4 contradict each other on a: relabel as "bee", and relabel as "ant"; .*\nlines 3 and 5 .* on b: remove, and restore/,
    ],
    ['c.csv', 'image,action,label\n"a', /is no CSV/],
    ['c.csv', 'image,action,label\n', /name the columns|holds no action/],
    ['c.jsonl', '{"action":"remove"}\nnot json', /line 2: it is no JSON/],
    ['c.jsonl', '', /holds no action/],
  ])('says of %s what is wrong with %j', (name, text, message) => {
    expect(() => readCorrectionFile(name, text)).toThrow(message);
  });
});

describe('splitActions', () => {
  it('makes corrections that the registry takes, in order, and loses nothing', () => {
    const images = Array.from({ length: 2.5 * MAX_CORRECTED_IMAGES }, (_, i) => `k/${i}`);
    const actions: CorrectionAction[] = [
      { action: 'remove', images },
      ...images.slice(0, 1500).map((key): CorrectionAction => ({ action: 'dismiss', keys: [key] })),
    ];
    const parts = splitActions(actions);
    for (const part of parts) newCorrectionSchema.parse({ reason: 'r', actions: part });
    const flat = parts.flat();
    expect(flat.flatMap((each) => (each.action === 'remove' ? each.images : []))).toEqual(images);
    expect(flat.flatMap((each) => (each.action === 'dismiss' ? each.keys : []))).toEqual(images.slice(0, 1500));
    expect(parts).toHaveLength(4);
  });
});
