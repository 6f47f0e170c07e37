/** What training scripts and old versions of PyTorch write around and beside a state dict. */
import { describe, expect, it } from '@jest/globals';
import {
  call,
  dict,
  global,
  int,
  legacyFile,
  op,
  tensor,
  text,
  tuple,
  zipFile,
  type Bytes,
} from '../testing/pickle-writer.js';
import { thrownBy } from '../testing/thrown-by.js';
import { readCheckpoint } from './read-checkpoint.js';

const STORAGE = { key: '0', values: Float32Array.of(1, 2, 3, 4) };
const WEIGHT = tensor({ key: '0', shape: [2, 2], strides: [2, 1], elements: 4 });
const STATE = dict([[text('w'), WEIGHT]]);
const OTHER = dict([[text('other'), WEIGHT]]);
const float = (value: number): Bytes => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  return [0x47, ...bytes];
};
/** As Python 2 pickles a text. */
const oldText = (value: string): Bytes => [0x55, value.length, ...new TextEncoder().encode(value)];
const namespace: Bytes = [
  ...global('argparse', 'Namespace'),
  ...tuple(),
  ...op('NEWOBJ'),
  ...op('EMPTY_DICT'),
  ...text('device'),
  ...call(global('torch', 'device'), text('cuda'), int(0)),
  ...op('SETITEM'),
  ...op('BUILD'),
];
/** What lies beside: epochs, losses, an optimizer, arguments, a generator's state. */
const BESIDE: readonly (readonly [Bytes, Bytes])[] = [
  [text('epoch'), int(3)],
  [
    text('best_acc'),
    call(global('numpy._core.multiarray', 'scalar'), call(global('numpy', 'dtype'), text('f8')), int(1)),
  ],
  [text('args'), namespace],
  [text('loss'), float(0.25)],
  [text('rng'), WEIGHT],
  [text('optimizer'), dict([[text('state'), dict([[int(0), dict([[text('exp_avg'), WEIGHT]])]])]])],
];
const namesIn = (object: Bytes): string[] => [...readCheckpoint(zipFile(object, [STORAGE])).keys()];

describe('a state dict beside other things', () => {
  it.each([
    'state_dict',
    'model_state_dict',
    'model',
    'state_dict_ema',
    'model_ema',
    'ema',
    'module',
    'network',
    'params',
  ])('is found under "%s"', (key) => {
    expect(namesIn(dict([...BESIDE, [text(key), STATE]]))).toEqual(['w']);
    expect([...readCheckpoint(legacyFile(dict([...BESIDE, [text(key), STATE]]), [STORAGE])).keys()]).toEqual(['w']);
  });

  it('is the averaged one where there are two, without its counter', () => {
    const averaged = dict([
      [text('n_averaged'), WEIGHT],
      [text('module.w'), WEIGHT],
    ]);
    expect(
      namesIn(
        dict([
          [text('model'), OTHER],
          [text('model_ema'), averaged],
        ]),
      ),
    ).toEqual(['module.w']);
  });

  it('is found in a wrapper in a wrapper', () => {
    expect(
      namesIn(
        dict([
          [
            text('model'),
            dict([
              [text('epoch'), int(1)],
              [text('state_dict'), STATE],
            ]),
          ],
        ]),
      ),
    ).toEqual(['w']);
  });

  it('is missed with the names of what there is', async () => {
    const error = await thrownBy(() =>
      namesIn(
        dict([
          [text('epoch'), int(3)],
          [text('config'), OTHER],
        ]),
      ),
    );
    expect(error.message).toContain('it has: epoch, config');
  });

  it('is not read when something beside it asks for more than is read over', async () => {
    const error = await thrownBy(() =>
      namesIn(
        dict([
          [text('hook'), call(global('os', 'system'), text('id'))],
          [text('model'), STATE],
        ]),
      ),
    );
    expect(error).toMatchObject({ code: 'checkpoint_unfit', details: { global: 'os.system' } });
  });
});

describe('old and other tensors', () => {
  it('are read as PyTorch 0.1 and Python 2 wrote them', () => {
    const storage = [
      ...tuple(oldText('storage'), global('torch', 'FloatStorage'), oldText('0'), oldText('cpu'), int(4), op('NONE')),
      ...op('BINPERSID'),
    ];
    const old = call(
      global('torch._utils', '_rebuild_tensor'),
      storage,
      int(0),
      tuple(int(2), int(2)),
      tuple(int(2), int(1)),
    );
    const parameter = [
      ...call(global('torch.nn.parameter', 'Parameter'), old),
      ...tuple(op('NEWTRUE'), op('NEWFALSE'), dict([])),
      ...op('BUILD'),
    ];
    // Python 2 gives an OrderedDict its items as an argument.
    const item = [...op('EMPTY_LIST'), ...op('MARK'), ...oldText('w'), ...parameter, ...op('APPENDS')];
    const items = [...op('EMPTY_LIST'), ...item, ...op('APPEND')];
    const checkpoint = readCheckpoint(legacyFile(call(global('collections', 'OrderedDict'), items), [STORAGE]));
    expect(checkpoint.get('w')).toEqual({ shape: [2, 2], dtype: 'F32', data: STORAGE.values });
  });

  it.each([
    ['quantized', 'torch._utils', '_rebuild_qtensor'],
    ['quantized', 'torch', 'QInt8Storage'],
    ['sparse', 'torch._utils', '_rebuild_sparse_tensor'],
    ['sparse', 'torch._utils', '_rebuild_sparse_csr_tensor'],
    ['complex', 'torch', 'ComplexFloatStorage'],
    ['of an element type', 'torch._utils', '_rebuild_tensor_v3'],
  ])('are refused when they are %s (%s.%s)', async (kind, module, name) => {
    const error = await thrownBy(() => namesIn(dict([[text('w'), global(module, name)]])));
    expect(error.message).toContain(`a tensor that is ${kind}`);
  });

  it('are not looked for in a pickled module, and the refusal says how to save', async () => {
    const error = await thrownBy(() => namesIn(call(global('torchvision.models.resnet', 'ResNet'))));
    expect(error.message).toContain('torch.save(model.state_dict(), path)');
  });
});
