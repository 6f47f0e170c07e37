/** Pruning every architecture, for the small ones; pruning.soak.spec.ts has the others. */
import type { Architecture } from '../architectures/architecture.js';
import { ARCHITECTURES } from '../architectures/find-architecture.js';
import { createGraphBuilder } from '../architectures/graph-builder.js';
import { isSmall } from '../testing/network-properties.js';
import { describePruning } from './pruning-properties.js';

/** VGG's kinds of layers, a flattened map among them, without its hundred million parameters. */
const vggInSmall: Pick<Architecture, 'name' | 'graph' | 'cut' | 'classifier' | 'freezePoints'> = {
  name: 'VGG in small',
  cut: 'hiddenRelu',
  classifier: 'classifier',
  freezePoints: ['pool0', 'pool4', 'hiddenRelu'],
  graph: ({ height, width, classes }) => {
    const graph = createGraphBuilder();
    let last = 'input';
    for (let at = 0; at < 6; at += 1) {
      last = graph.conv(`conv${at}`, last, { filters: 40, kernel: 3, bias: true });
      last = graph.activation(`relu${at}`, last, 'relu');
      if (at % 2 === 0) last = graph.maxPool(`pool${at}`, last, { kernel: 2, stride: 2, padding: 0 });
    }
    last = graph.flatten('flatten', graph.adaptiveAveragePool('average', last, 3));
    graph.activation('hiddenRelu', graph.dense('hidden', last, 16), 'relu');
    graph.dense('classifier', 'hiddenRelu', classes);
    return graph.build({ height, width });
  },
};

describePruning(vggInSmall);
ARCHITECTURES.filter(isSmall).forEach(describePruning);
