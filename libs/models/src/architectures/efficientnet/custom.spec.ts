import { describe, expect, it } from '@jest/globals';
import { countMacs, countParameters } from '../../graph/count.js';
import { graphAfter } from '../../graph/cut-graph.js';
import { tensorsIn, wholeGraph } from '../../testing/published-networks.js';
import { thrownBy } from '../../testing/thrown-by.js';
import { findArchitecture } from '../find-architecture.js';
import { customEfficientNet, scaleCost } from './custom.js';
import { EFFICIENTNET } from './efficientnet.js';

const refusal = (name: string) => thrownBy(() => findArchitecture(name));

describe('an EfficientNet of a scale of its own', () => {
  it('is found by the name that it has', () => {
    for (const scale of [{ phi: 1.5 }, { phi: -0.25 }, { phi: 8 }, { width: 1.3, depth: 0.7, resolution: 160 }]) {
      const architecture = customEfficientNet(scale);
      const found = findArchitecture(architecture.name);
      expect(found.name).toBe(architecture.name);
      expect(wholeGraph(found)).toEqual(wholeGraph(architecture));
    }
    expect(customEfficientNet({ phi: 1.5 }).name).toBe('efficientnet_phi1.5');
    expect(customEfficientNet({ phi: -0 }).name).toBe('efficientnet_phi0');
  });

  it("is torchvision's network of those factors", () => {
    // len(state_dict()) less its counters, and parameters, of torchvision's EfficientNet with width_mult and depth_mult.
    const phi = customEfficientNet({ phi: 1.5 });
    expect(countParameters(wholeGraph(phi))).toBe(10_994_222);
    expect(tensorsIn(phi, 'torchvision').size).toBe(530 - 72);
    const wide = customEfficientNet({ width: 1.3, depth: 0.7, resolution: 160 });
    expect(countParameters(wholeGraph(wide))).toBe(7_325_552);
    expect(tensorsIn(wide, 'torchvision').size).toBe(338 - 46);
  });

  it('is B0 where φ is 0, and B2 where the three numbers are its', () => {
    const [b0, , b2] = EFFICIENTNET;
    expect(wholeGraph(customEfficientNet({ phi: 0 }))).toEqual(b0 && wholeGraph(b0));
    expect(wholeGraph(findArchitecture('efficientnet_w1.1_d1.2_r260'))).toEqual(b2 && wholeGraph(b2));
  });

  it('comes apart at each freeze point', () => {
    const architecture = customEfficientNet({ phi: -1.75 });
    for (const point of architecture.freezePoints)
      expect(() => graphAfter(wholeGraph(architecture), point)).not.toThrow();
  });

  it('says what it costs', () => {
    const cost = scaleCost(2);
    const whole = wholeGraph(customEfficientNet({ phi: 2 }));
    expect(cost).toMatchObject({ phi: 2, resolution: 296, parameters: countParameters(whole), macs: countMacs(whole) });
    // The same blocks and channels as B3, for slightly smaller images.
    expect(cost.parameters).toBe(12_233_232);
  });

  it.each([
    ['efficientnet_phi9', '-2 to 8'],
    ['efficientnet_phi-2.5', '-2 to 8'],
    ['efficientnet_phi1.234', '2 decimals at most'],
    ['efficientnet_phi', 'expected efficientnet_phi<φ>'],
    ['efficientnet_phiInfinity', 'expected efficientnet_phi<φ>'],
    ['efficientnet_phi1e0', 'expected efficientnet_phi<φ>'],
    ['efficientnet_w1_d_r224', 'efficientnet_w<width>_d<depth>_r<resolution>'],
    ['efficientnet_phi1.50', 'write efficientnet_phi1.5'],
    ['efficientnet_phi-0', 'write efficientnet_phi0'],
    ['efficientnet_w0.1_d1_r224', '0.25 to 6'],
    ['efficientnet_w1_d7_r224', '0.25 to 6'],
    ['efficientnet_w1_d1_r16', '32 to 1024'],
    ['efficientnet_w1_d1_r224.5', 'whole pixels'],
  ])('refuses %s and says what there is', async (name, way) => {
    const { code, message } = await refusal(name);
    expect(code).toBe('invalid_request');
    expect(message).toContain(way);
  });

  it('is offered when a name is unknown', async () => {
    const { code, message } = await refusal('efficientnet_b9');
    expect(code).toBe('not_found');
    expect(message).toContain('efficientnet_phi<φ>');
  });
});
