/** Adaptive average pooling along one axis (PyTorch's AdaptiveAvgPool2d). */

/** What each position averages: the entries ⌊i · size / positions⌋ to ⌈(i + 1) · size / positions⌉ − 1; `end` is past the last. */
export const averagedWindows = (size: number, positions: number): readonly { begin: number; end: number }[] =>
  Array.from({ length: positions }, (_, at) => ({
    begin: Math.floor((at * size) / positions),
    end: Math.ceil(((at + 1) * size) / positions),
  }));

/** The same as a matrix [positions, size]. */
export const averagingWindows = (size: number, positions: number): readonly (readonly number[])[] =>
  averagedWindows(size, positions).map(({ begin, end }) =>
    Array.from({ length: size }, (_, index) => (index >= begin && index < end ? 1 / (end - begin) : 0)),
  );
