/** Puts images of one label into a dataset, straight into the object store. */
import { Autocomplete, Badge, Group, Progress, Select, Skeleton, Stack, Table, Text, TextInput } from '@mantine/core';
import { MAX_UPLOAD_BYTES, SPLITS, splitSchema, type Split } from '@graft/contracts';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { useParams } from 'react-router';
import { datasetPath } from '../../parts/links.js';
import { count } from '../../parts/numbers.js';
import { queries } from '../../registry/queries.js';
import { useRegistry } from '../../registry/registry.js';
import { Page, Section } from '../../shell/page.js';
import { useUploads, type FileState } from './use-uploads.js';

const DropArea = lazy(() => import('../../parts/drop-area.js'));

const COLOURS = { waits: 'gray', sending: 'blue', landed: 'green', failed: 'red' } as const;

const Files = ({ files }: { files: readonly FileState[] }) => {
  const landed = files.filter(({ state }) => state === 'landed').length;
  const failed = files.filter(({ state }) => state === 'failed').length;
  return (
    <Section title="Files">
      <Text role="status">
        {landed} of {count(files.length, 'file')} landed{failed === 0 ? '' : `, ${failed} failed`}.
      </Text>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>File</Table.Th>
            <Table.Th>Label</Table.Th>
            <Table.Th>State</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {[...files]
            .sort((a, b) => Number(b.state === 'failed') - Number(a.state === 'failed'))
            .slice(0, 200)
            .map(({ id, name, label, state, share, problem }) => (
              <Table.Tr key={id}>
                <Table.Td>{name}</Table.Td>
                <Table.Td>{label}</Table.Td>
                <Table.Td>
                  <Badge color={COLOURS[state]}>{state}</Badge>
                  {problem === null ? null : <Text size="sm">{problem}</Text>}
                  {state === 'sending' ? <Progress value={share * 100} aria-label={`${name}, sent`} /> : null}
                </Table.Td>
              </Table.Tr>
            ))}
        </Table.Tbody>
      </Table>
    </Section>
  );
};

export const UploadPage = () => {
  const { name = '' } = useParams();
  const [label, setLabel] = useState('');
  const [split, setSplit] = useState<Split | null>(null);
  const [source, setSource] = useState('');
  const { files, upload } = useUploads(name);
  const story = useQuery(queries(useRegistry()).datasetStory(name));
  const chosen = label.trim();
  return (
    <Page
      title={`Upload to ${name}`}
      above={[
        { title: 'Datasets', to: '/datasets' },
        { title: name, to: datasetPath(name) },
      ]}
    >
      <Stack>
        <Text>
          Images land under {name}/{split === null ? '' : `${split}/`}
          {chosen === '' ? 'label' : chosen}/. A file of a name that is there replaces it.
        </Text>
        <Group align="flex-start" grow>
          <Autocomplete
            label="Label"
            description="What all of them show"
            data={story.data?.latestVersion?.labels ?? []}
            value={label}
            onChange={setLabel}
            required
          />
          <Select
            label="Split"
            description="Left empty: each image's hash decides"
            data={[...SPLITS]}
            value={split}
            onChange={(value) => setSplit(splitSchema.nullable().parse(value))}
            clearable
            clearButtonProps={{ 'aria-label': 'no split' }}
          />
          <TextInput
            label="Source"
            description="Where they come from: a camera, a site"
            value={source}
            maxLength={200}
            onChange={(event) => setSource(event.currentTarget.value)}
          />
        </Group>
        <Suspense fallback={<Skeleton h={120} />}>
          <DropArea
            title={chosen === '' ? 'Choose a label first' : 'Drop images here, or press to choose them'}
            mostBytes={MAX_UPLOAD_BYTES}
            disabled={chosen === ''}
            onFiles={(given) => void upload(given, { label: chosen, split, source: source.trim() || null })}
          />
        </Suspense>
        {files.length === 0 ? null : <Files files={files} />}
      </Stack>
    </Page>
  );
};
