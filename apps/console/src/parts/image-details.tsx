/** What is known of one image of a dataset, and what the next version is to do with it. */
import { Box, Code, Group, Modal, Stack, Table, Text } from '@mantine/core';
import type { ManifestImage } from '@graft/contracts';
import type { ReactNode } from 'react';
import { CorrectImage } from './correct-image.js';
import { DatasetImage } from './dataset-image.js';

const LARGE = 280;

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <Table.Tr>
    <Table.Th scope="row">{name}</Table.Th>
    <Table.Td style={{ overflowWrap: 'anywhere' }}>{children}</Table.Td>
  </Table.Tr>
);

const Facts = ({ image }: { image: ManifestImage }) => (
  <Table>
    <Table.Tbody>
      <Fact name="Label">
        {image.label}
        {image.correction === undefined ? '' : ` (by correction ${image.correction})`}
      </Fact>
      <Fact name="Split">
        {image.split}
        {image.fixedSplit === undefined ? '' : ' (fixed by its uploader)'}
      </Fact>
      <Fact name="Source">{image.source}</Fact>
      <Fact name="Group">{image.group ?? 'none'}</Fact>
      <Fact name="Size">
        {image.width} × {image.height} pixels, {Math.ceil(image.sizeBytes / 1000)} kB
      </Fact>
      {image.quality === undefined ? null : (
        <Fact name="Quality">
          brightness {image.quality.brightness.toFixed(2)}, contrast {image.quality.contrast.toFixed(2)}, sharpness{' '}
          {image.quality.sharpness.toPrecision(3)}
        </Fact>
      )}
      <Fact name="Landed as">{image.key}</Fact>
      <Fact name="sha256">
        <Code>{image.sha256}</Code>
      </Fact>
    </Table.Tbody>
  </Table>
);

export interface ImageDetailsProps {
  readonly dataset: string;
  /** Null: none is looked at. */
  readonly image: ManifestImage | null;
  readonly labels: readonly string[];
  readonly onClose: () => void;
}

export const ImageDetails = ({ dataset, image, labels, onClose }: ImageDetailsProps) => (
  <Modal
    opened={image !== null}
    onClose={onClose}
    title={image === null ? '' : `An image of ${dataset}: ${image.label}`}
    size="xl"
    closeButtonProps={{ 'aria-label': 'close' }}
  >
    {image === null ? null : (
      <Stack>
        <Group align="flex-start">
          <DatasetImage digest={image.sha256} alt={`${image.label}, ${image.key}`} side={LARGE} />
          <Box flex={1} miw={320}>
            <Facts image={image} />
          </Box>
        </Group>
        <CorrectImage dataset={dataset} image={image} labels={labels} onDone={onClose} />
        <Text size="xs" c="dimmed">
          Versions that are there stay as they are: what is corrected counts from the next one on.
        </Text>
      </Stack>
    )}
  </Modal>
);
