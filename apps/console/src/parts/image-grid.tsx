/** Many images: those in sight are made, the next page is read when its place comes near. */
import { Box, Group, Loader, UnstyledButton } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { CAPTIONED_SIDE, CaptionedImage, type ListedImage } from './captioned-image.js';
import { usePlaceOnPage } from './use-place-on-page.js';

export interface ImageGridProps {
  readonly label: string;
  readonly images: readonly ListedImage[];
  readonly onOpen?: ((index: number) => void) | undefined;
  readonly hasMore: boolean;
  readonly isReading: boolean;
  readonly readMore: () => void;
}

const GAP = 12;
const CELL_WIDTH = CAPTIONED_SIDE + GAP;
const CELL_HEIGHT = CAPTIONED_SIDE + 52;
const BUFFERED_ROWS = 3;

export const ImageGrid = ({ label, images, onOpen, hasMore, isReading, readMore }: ImageGridProps) => {
  const { ref, width } = useElementSize();
  const top = useRef<HTMLDivElement>(null);
  const columns = Math.max(1, Math.floor((width + GAP) / CELL_WIDTH));
  const rows = Math.ceil(images.length / columns);
  const virtualizer = useWindowVirtualizer({
    count: rows,
    estimateSize: () => CELL_HEIGHT,
    overscan: BUFFERED_ROWS,
    scrollMargin: usePlaceOnPage(top),
  });
  const shown = virtualizer.getVirtualItems();
  const lastRow = shown.at(-1)?.index ?? -1;
  useEffect(() => {
    if (hasMore && !isReading && lastRow >= rows - 1 - BUFFERED_ROWS) readMore();
  }, [hasMore, isReading, lastRow, rows, readMore]);
  return (
    <div ref={top}>
      <Box ref={ref} role="list" aria-label={label} pos="relative" h={virtualizer.getTotalSize()}>
        {width === 0
          ? null
          : shown.map(({ key, index, start }) => (
              <Group
                key={key}
                gap={GAP}
                align="flex-start"
                wrap="nowrap"
                pos="absolute"
                top={start - virtualizer.options.scrollMargin}
                left={0}
              >
                {images.slice(index * columns, (index + 1) * columns).map((image, column) => (
                  <div key={image.key} role="listitem">
                    {onOpen === undefined ? (
                      <CaptionedImage image={image} />
                    ) : (
                      <UnstyledButton onClick={() => onOpen(index * columns + column)}>
                        <CaptionedImage image={image} />
                      </UnstyledButton>
                    )}
                  </div>
                ))}
              </Group>
            ))}
      </Box>
      {isReading ? <Loader size="sm" aria-label="loading more" /> : null}
    </div>
  );
};
