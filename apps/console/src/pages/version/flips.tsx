/** The images on which this version and the champion disagree about being right: what it fixed, and what it broke. */
import { Alert, Stack, Text, Title } from '@mantine/core';
import type { Digest, Evaluation, Predictions } from '@graft/contracts';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { ImageList } from '../../parts/image-list.js';
import { count } from '../../parts/numbers.js';
import { queries } from '../../registry/queries.js';
import { useRegistry } from '../../registry/registry.js';
import { Section } from '../../shell/page.js';
import { Loaded } from '../../shell/problem-note.js';
import { answerOf, byImage, tellAnswer } from './answers.js';
import { BothAnswers } from './both-answers.js';

type Champion = NonNullable<Evaluation['champion']>;

interface GridProps {
  readonly title: string;
  readonly images: readonly Digest[];
  readonly ours: Predictions;
  readonly theirs: Predictions;
}

const Grid = ({ title, images, ours, theirs }: GridProps) => {
  const [open, setOpen] = useState<number | null>(null);
  const mine = useMemo(() => byImage(ours), [ours]);
  const others = useMemo(() => byImage(theirs), [theirs]);
  const shown = images.map((digest) => {
    const our = mine.get(digest);
    const their = others.get(digest);
    return {
      ...{ key: digest, digest, our, their, label: our?.label ?? 'an image' },
      answer: our === undefined ? '–' : tellAnswer(answerOf(our, ours.labels)),
      before: their === undefined ? '–' : tellAnswer(answerOf(their, theirs.labels)),
    };
  });
  const opened = open === null ? undefined : shown[open];
  return (
    <Stack gap="xs">
      <Title order={3} size="h5">
        {title}: {count(images.length, 'image')}
      </Title>
      {images.length === 0 ? null : (
        <ImageList
          label={title}
          images={shown.map(({ key, digest, label, answer, before }) => ({
            ...{ key, digest },
            alt: `${label}; said ${answer}, the champion ${before}`,
            caption: (
              <>
                <Text inherit fw={600}>
                  {label}
                </Text>
                {answer}; champion {before}
              </>
            ),
          }))}
          onOpen={setOpen}
        />
      )}
      <BothAnswers
        image={opened === undefined ? null : { digest: opened.digest, ours: opened.our, theirs: opened.their }}
        labels={ours.labels}
        theirLabels={theirs.labels}
        onClose={() => setOpen(null)}
      />
    </Stack>
  );
};

const Grids = ({ champion, ours, theirs }: { champion: Champion; ours: Predictions; theirs: Predictions }) => (
  <>
    <Grid title="Broken" images={champion.paired.broken} ours={ours} theirs={theirs} />
    <Grid title="Fixed" images={champion.paired.fixed} ours={ours} theirs={theirs} />
  </>
);

export const Flips = ({ report, champion }: { report: Evaluation; champion: Champion }) => {
  const ask = queries(useRegistry());
  const ours = useQuery(ask.predictions(report.predictionsDigest));
  const theirs = useQuery(ask.predictions(champion.predictionsDigest));
  const { onlyCandidateRight, onlyChampionRight, bothRight, bothWrong } = champion.paired;
  return (
    <Section title="Images that flipped">
      <Text size="sm">
        {onlyCandidateRight} fixed, {onlyChampionRight} broken against version {champion.version}; {bothRight} right as
        before, {bothWrong} wrong as before.
      </Text>
      {onlyChampionRight === 0 && onlyCandidateRight === 0 ? (
        <Alert color="gray">Both are right and wrong on the very same images.</Alert>
      ) : (
        <Loaded query={ours}>
          {(our) => (
            <Loaded query={theirs}>{(their) => <Grids champion={champion} ours={our} theirs={their} />}</Loaded>
          )}
        </Loaded>
      )}
    </Section>
  );
};
