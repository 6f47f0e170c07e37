/**
 * Adaptive average pooling along one axis, as a matrix [positions, size]: row i averages the entries ⌊i · size / positions⌋
 * to ⌈(i + 1) · size / positions⌉ − 1 (PyTorch's AdaptiveAvgPool2d).
 */
export const averagingWindows = (size: number, positions: number): readonly (readonly number[])[] =>
  Array.from({ length: positions }, (_, at) => {
    const begin = Math.floor((at * size) / positions);
    const end = Math.ceil(((at + 1) * size) / positions);
    return Array.from({ length: size }, (_each, index) => (index >= begin && index < end ? 1 / (end - begin) : 0));
  });
