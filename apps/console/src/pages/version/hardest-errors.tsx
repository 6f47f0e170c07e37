import { Text } from '@mantine/core';
import type { Evaluation, Predictions } from '@graft/contracts';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { ImageList } from '../../parts/image-list.js';
import { WhenNear } from '../../parts/when-near.js';
import { queries } from '../../registry/queries.js';
import { useRegistry } from '../../registry/registry.js';
import { Section } from '../../shell/page.js';
import { Loaded } from '../../shell/problem-note.js';
import { surestErrors, tellAnswer } from './answers.js';
import { BothAnswers } from './both-answers.js';

const SHOWN = 24;

const Errors = ({ said }: { said: Predictions }) => {
  const [open, setOpen] = useState<number | null>(null);
  const errors = useMemo(() => surestErrors(said, SHOWN), [said]);
  const opened = open === null ? undefined : errors[open];
  if (errors.length === 0) return <Text c="dimmed">It makes none on the test images.</Text>;
  return (
    <>
      <ImageList
        label="Hardest errors"
        images={errors.map(({ sha256, label, answer }) => ({
          key: sha256,
          digest: sha256,
          alt: `${label}; said ${tellAnswer(answer)}`,
          caption: (
            <>
              <Text inherit fw={600}>
                {label}
              </Text>
              {tellAnswer(answer)}
            </>
          ),
        }))}
        onOpen={setOpen}
      />
      <BothAnswers
        image={opened === undefined ? null : { digest: opened.sha256, ours: opened, theirs: undefined }}
        labels={said.labels}
        onClose={() => setOpen(null)}
      />
    </>
  );
};

/** Where it is surest, and wrong: often a label of the data that is. */
export const HardestErrors = ({ report }: { report: Evaluation }) => {
  const said = useQuery(queries(useRegistry()).predictions(report.predictionsDigest));
  return (
    <Section title="Hardest errors">
      <Loaded query={said}>
        {(found) => (
          <WhenNear height={300}>
            <Errors said={found} />
          </WhenNear>
        )}
      </Loaded>
    </Section>
  );
};
