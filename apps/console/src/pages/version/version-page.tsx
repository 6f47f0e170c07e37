/** One version as a reviewer needs it: the verdict, the evidence beside the champion's, the images that flipped, and the decision. */
import { Group, SegmentedControl, Stack, Text } from '@mantine/core';
import type { Evaluation, ModelVersion } from '@graft/contracts';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'react-router';
import { reportDigestOf } from './read-version.js';
import { VersionBadge } from '../../parts/badges.js';
import { modelPath } from '../../parts/links.js';
import { queries } from '../../registry/queries.js';
import { useRegistry } from '../../registry/registry.js';
import { Page, Section } from '../../shell/page.js';
import { Loaded } from '../../shell/problem-note.js';
import { Classes } from './classes.js';
import { Confusion } from './confusion.js';
import { Confidence } from './confidence.js';
import { Decide } from './decide.js';
import { DriftStory } from './drift-story.js';
import { Flips } from './flips.js';
import { HardestErrors } from './hardest-errors.js';
import { Lineage } from './lineage.js';
import { MetricsTable } from './metrics-table.js';
import { Slices } from './slices.js';
import { Variants } from './variants.js';
import { Verdict } from './verdict.js';

const Evidence = ({ report, version }: { report: Evaluation; version: ModelVersion }) => (
  <Stack gap="xl">
    <Verdict report={report} />
    <MetricsTable report={report} />
    {report.champion === null ? null : <Flips report={report} champion={report.champion} />}
    <Classes report={report} />
    <Confusion report={report} />
    <Slices report={report} />
    <Confidence report={report} />
    <HardestErrors report={report} />
    <DriftStory version={version} />
    <Lineage version={version} />
  </Stack>
);

const Version = ({ version }: { version: ModelVersion }) => {
  const [variant, setVariant] = useState(version.variant);
  const report = useQuery(queries(useRegistry()).report(reportDigestOf(version, variant)));
  return (
    <Stack gap="xl">
      <Group>
        <VersionBadge state={version.state} />
        <Text size="sm" c="dimmed">
          {version.variants.length > 1 ? `in ${version.variants.length} forms, ${version.variant} preferred` : ''}
        </Text>
      </Group>
      <Decide version={version} />
      {version.variants.length < 2 ? null : (
        <Section
          title="Forms"
          actions={
            <SegmentedControl
              aria-label="the form whose evidence is below"
              value={variant}
              onChange={setVariant}
              data={version.variants.map((one) => one.variant)}
            />
          }
        >
          <Variants version={version} />
        </Section>
      )}
      <Loaded query={report}>{(found) => <Evidence report={found} version={version} />}</Loaded>
    </Stack>
  );
};

export const VersionPage = () => {
  const { model = '', version: number = '' } = useParams();
  const version = useQuery(queries(useRegistry()).version(model, Number(number)));
  return (
    <Page
      title={`${model} version ${number}`}
      above={[
        { title: 'Models', to: '/models' },
        { title: model, to: modelPath(model) },
      ]}
    >
      <Loaded query={version}>{(found) => <Version key={found.version} version={found} />}</Loaded>
    </Page>
  );
};
