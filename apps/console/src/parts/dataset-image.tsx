/** An image of a dataset, by its digest. The API answers those alone who send a token, so it is read as any data. */
import { Box, Center, Skeleton, Text } from '@mantine/core';
import type { Digest } from '@graft/contracts';
import { useQuery } from '@tanstack/react-query';
import { useRegistry } from '../registry/registry.js';
import { toDataUrl } from './data-url.js';

export interface DatasetImageProps {
  readonly digest: Digest;
  /** What is on it, for those who don't see it. */
  readonly alt: string;
  /** Pixels of its frame; default 128. */
  readonly side?: number;
}

export const DatasetImage = ({ digest, alt, side = 128 }: DatasetImageProps) => {
  const registry = useRegistry();
  const { data, error } = useQuery({
    queryKey: ['image', digest, side],
    queryFn: async ({ signal }) => toDataUrl(await registry.getImage(digest, { side, signal })),
    staleTime: Infinity,
  });
  return (
    <Box w={side} h={side}>
      {data !== undefined ? (
        <img src={data} alt={alt} width={side} height={side} style={{ objectFit: 'contain' }} />
      ) : error !== null ? (
        <Center h="100%">
          <Text size="xs" c="dimmed" ta="center">
            {error.message}
          </Text>
        </Center>
      ) : (
        <Skeleton h="100%" />
      )}
    </Box>
  );
};
