package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Decoding of large pictures in tiles of the size that the autoencoder was trained on, which overlap and are blended into each other: diffusers'
 * {@code AutoencoderKL.tiled_decode}. Takes the memory of one tile instead of that of the picture; a picture is not quite the one that is
 * decoded as a whole, because each tile is normalised by itself.
 *
 * @param tileSampleMinSize height and width of a tile in pixels
 * @param tileLatentMinSize the same in cells of the latents
 * @param tileOverlapFactor how much of a tile the next one covers again
 */
record TiledDecoding(int tileSampleMinSize, int tileLatentMinSize, double tileOverlapFactor) {

    /** diffusers' default, which no configuration file changes. */
    private static final double OVERLAP = 0.25;

    private static final int VERTICAL = 2;
    private static final int HORIZONTAL = 3;

    /** Empty if tiles of the configuration's {@code sample_size} do not begin at whole cells, so that they would not fit together. */
    static Optional<TiledDecoding> of(AutoencoderKLConfig config) {
        int downscale = 1 << config.levels() - 1;
        TiledDecoding tiling = new TiledDecoding(config.sampleSize(), config.sampleSize() / downscale, OVERLAP);
        boolean fits = tiling.step() > 0 && tiling.step() * downscale == tiling.rowLimit();
        return Optional.of(tiling).filter(any -> fits);
    }

    /** Cells from the beginning of one tile to that of the next. */
    private int step() {
        return (int) (tileLatentMinSize * (1 - tileOverlapFactor));
    }

    /** Pixels over which two tiles are blended. */
    private int blendExtent() {
        return (int) (tileSampleMinSize * tileOverlapFactor);
    }

    /** Pixels of a tile that get into the picture; the rest is blended into the next tile. */
    private int rowLimit() {
        return tileSampleMinSize - blendExtent();
    }

    /** Whether latents [B, C, h, w] are larger than one tile. */
    boolean splits(NDArray latents) {
        Shape shape = latents.getShape();
        return shape.get(VERTICAL) > tileLatentMinSize || shape.get(HORIZONTAL) > tileLatentMinSize;
    }

    /**
     * @param latents [B, C, h, w]
     * @param decoder of one tile
     * @param piece runs each tile, and the joining of them
     * @return [B, 3, H, W], owned by the manager of {@code latents}
     */
    NDArray decode(NDArray latents, UnaryOperator<NDArray> decoder, Function<Supplier<NDArray>, NDArray> piece) {
        try (Scope scope = new Scope()) {
            List<NDArray> rows = new ArrayList<>();
            List<NDArray> above = List.of();
            for (long y = 0; y < latents.getShape().get(VERTICAL); y += step()) {
                List<NDArray> row = row(latents, y, above, decoder, piece);
                rows.add(piece.apply(() -> cropped(row)));
                above.forEach(NDArray::close);
                above = row;
            }
            return scope.keep(piece.apply(() -> joined(rows, VERTICAL)));
        }
    }

    /** @param above the row before, empty for the first one */
    private List<NDArray> row(NDArray latents, long y, List<NDArray> above, UnaryOperator<NDArray> decoder, Function<Supplier<NDArray>, NDArray> piece) {
        List<NDArray> row = new ArrayList<>();
        for (long x = 0; x < latents.getShape().get(HORIZONTAL); x += step()) {
            long left = x;
            NDArray up = above.isEmpty() ? null : above.get(row.size());
            NDArray before = row.isEmpty() ? null : row.get(row.size() - 1);
            row.add(piece.apply(() -> tile(latents, y, left, decoder, up, before)));
        }
        return row;
    }

    private NDArray tile(NDArray latents, long y, long x, UnaryOperator<NDArray> decoder, NDArray above, NDArray before) {
        try (Scope scope = new Scope()) {
            Shape shape = latents.getShape();
            NDArray tile = decoder.apply(latents.get(new NDIndex(":, :, " + y + ":" + Math.min(y + tileLatentMinSize, shape.get(VERTICAL)) + ", "
                    + x + ":" + Math.min(x + tileLatentMinSize, shape.get(HORIZONTAL)))));
            tile = above == null ? tile : blended(above, tile, VERTICAL);
            tile = before == null ? tile : blended(before, tile, HORIZONTAL);
            return scope.keep(tile);
        }
    }

    /** diffusers' {@code blend_v} and {@code blend_h}: the end of one tile fades into the beginning of the next. */
    private NDArray blended(NDArray first, NDArray second, int axis) {
        long size = second.getShape().get(axis);
        int extent = (int) Math.min(Math.min(first.getShape().get(axis), size), blendExtent());
        if (extent == 0) {
            return second;
        }
        float[] fading = new float[extent];
        float[] growing = new float[extent];
        for (int i = 0; i < extent; i++) {
            growing[i] = (float) ((double) i / extent);
            fading[i] = (float) (1 - (double) i / extent);
        }
        Shape along = axis == VERTICAL ? new Shape(1, 1, extent, 1) : new Shape(1, 1, 1, extent);
        NDArray end = part(first, axis, first.getShape().get(axis) - extent, first.getShape().get(axis));
        NDArray start = part(second, axis, 0, extent);
        NDArray mixed = end.mul(Tensors.of(end.getManager(), fading, along)).add(start.mul(Tensors.of(end.getManager(), growing, along)));
        return extent == size ? mixed : joined(List.of(mixed, part(second, axis, extent, size)), axis);
    }

    private NDArray cropped(List<NDArray> row) {
        try (Scope scope = new Scope()) {
            return scope.keep(joined(row.stream().map(this::cropped).toList(), HORIZONTAL));
        }
    }

    private NDArray cropped(NDArray tile) {
        Shape shape = tile.getShape();
        return part(part(tile, VERTICAL, 0, Math.min(rowLimit(), shape.get(VERTICAL))), HORIZONTAL, 0, Math.min(rowLimit(), shape.get(HORIZONTAL)));
    }

    private static NDArray part(NDArray array, int axis, long from, long to) {
        return array.get(new NDIndex((axis == VERTICAL ? ":, :, " : ":, :, :, ") + from + ":" + to));
    }

    private static NDArray joined(List<NDArray> parts, int axis) {
        return NDArrays.concat(new NDList(parts), axis);
    }
}
