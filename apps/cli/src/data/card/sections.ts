/** A dataset card as sections of words and tables: what Markdown and HTML both show. */
import type { DatasetCard, DatasetVersion, Spread } from '@graft/contracts';
import { formatTime } from '../../output.js';

export interface CardTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface CardSection {
  readonly title: string;
  readonly words: readonly string[];
  readonly table?: CardTable;
}

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
const fine = (value: number): string => value.toFixed(2);

const spreadRow = (name: string, spread: Spread, say: (value: number) => string): string[] =>
  spread.images === 0
    ? [name, 'not measured', '', '', '', '']
    : [name, ...[spread.least, spread.low, spread.median, spread.high, spread.most].map(say)];

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** @param card of this very version */
export const cardSections = (version: DatasetVersion, card: DatasetCard): CardSection[] => {
  const { train, val, test } = card.bySplit;
  const imbalance =
    card.imbalance === null
      ? ''
      : `; the most frequent label has ${fine(card.imbalance)} times the images of the rarest`;
  const sources = Object.entries(card.bySource).map(([source, images]) => `${source} (${whole(images)})`);
  return [
    {
      title: `Dataset ${version.dataset}, version ${version.number}`,
      words: [
        `${whole(card.images)} images (${megabytes(card.bytes)}) of ${card.labels.length} labels: ${whole(train)} train, ${whole(val)} val, ${whole(test)} test${imbalance}.`,
        `Made ${formatTime(version.createdAt)}; its id is ${version.id}.`,
        ...(sources.length > 0 ? [`Sources: ${sources.join(', ')}.`] : []),
      ],
    },
    {
      title: 'Labels',
      words: card.retired.length > 0 ? [`Without images, kept for the signature: ${card.retired.join(', ')}.`] : [],
      table: {
        head: ['label', 'images', 'train', 'val', 'test', 'median side (px)', 'mean brightness'],
        rows: card.labels.map((of) => [
          of.label,
          ...[of.images, of.train, of.val, of.test, of.medianSide].map(whole),
          of.brightness === null ? '' : fine(of.brightness),
        ]),
      },
    },
    {
      title: 'What the images are like',
      words: [
        'Side is the geometric mean of width and height; brightness, contrast and sharpness are of the luma, 0 to 1.',
      ],
      table: {
        head: ['', 'least', '5%', 'median', '95%', 'most'],
        rows: [
          spreadRow('side (px)', card.side, whole),
          spreadRow('width : height', card.aspect, fine),
          spreadRow('brightness', card.brightness, fine),
          spreadRow('contrast', card.contrast, fine),
          spreadRow('sharpness', card.sharpness, (value) => value.toPrecision(3)),
        ],
      },
    },
    {
      title: 'What was done to it',
      words: [
        `${whole(card.nearDuplicates)} images are nearly another one and share its split; ${whole(card.groups)} groups of more than one image.`,
        `${whole(card.relabelledByHand)} images have a label that a correction gave them; ${whole(version.corrections)} corrections are taken in.`,
        `Since the version before: ${whole(version.newImages)} new, ${whole(version.removed)} removed (${whole(version.removedFromTest)} of them from test), ${whole(version.relabelled)} relabelled.`,
      ],
      ...(Object.keys(card.quarantine).length === 0
        ? {}
        : {
            table: {
              head: ['left out for', 'objects'],
              rows: Object.entries(card.quarantine).map(([reason, entries]) => [reason, whole(entries)]),
            },
          }),
    },
  ];
};
