/** Writes a plot to a file, in the form that its name asks for. */
import { writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { plotFormatOf } from './plot-format.js';

/** Of a PNG, dots an SVG pixel: sharp on a screen of high density, and in a document. */
const DENSITY = 2;
/** librsvg takes an SVG pixel for one of 72 dots an inch. */
const DOTS_PER_INCH = 72;

/** @param svg a document. */
export const toPng = (svg: string): Promise<Buffer> =>
  sharp(Buffer.from(svg), { density: DENSITY * DOTS_PER_INCH })
    .png()
    .toBuffer();

/** @throws AppError `usage` as `plotFormatOf`; whatever keeps the file from being written. */
export const writePlot = async (path: string, svg: string): Promise<void> =>
  writeFile(path, plotFormatOf(path) === 'svg' ? svg : await toPng(svg));
