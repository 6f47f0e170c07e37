/** An image of a dataset with a line or two below it, as lists and grids have them. */
import { Box, Center, Stack, Text } from '@mantine/core';
import type { Digest } from '@graft/contracts';
import type { ReactNode } from 'react';
import { DatasetImage } from './dataset-image.js';

/** Pixels in width and height. */
export const CAPTIONED_SIDE = 128;

export interface ListedImage {
  readonly key: string;
  /** Null: there is no picture of it. */
  readonly digest: Digest | null;
  /** What is on it, for those who don't see it. */
  readonly alt: string;
  /** A line or two below it. */
  readonly caption: ReactNode;
}

export const CaptionedImage = ({ image: { digest, alt, caption } }: { image: ListedImage }) => (
  <Stack gap={4} w={CAPTIONED_SIDE}>
    {digest === null ? (
      <Center w={CAPTIONED_SIDE} h={CAPTIONED_SIDE} bd="1px dashed var(--mantine-color-default-border)">
        <Text size="xs" c="dimmed">
          no picture
        </Text>
      </Center>
    ) : (
      <DatasetImage digest={digest} alt={alt} side={CAPTIONED_SIDE} />
    )}
    <Box fz="xs" lh={1.3} style={{ overflowWrap: 'anywhere' }}>
      {caption}
    </Box>
  </Stack>
);
