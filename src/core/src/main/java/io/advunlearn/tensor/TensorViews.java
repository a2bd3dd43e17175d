package io.advunlearn.tensor;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Tensors of a source under other names, cut out of larger ones or transposed where the new layout asks for it. Closing closes the source. */
public final class TensorViews implements TensorSource {

    private static final int BLOCK = 1 << 18;

    private final TensorSource source;
    private final Map<String, View> views;

    /** @param views by their new names */
    public TensorViews(TensorSource source, Map<String, View> views) {
        this.source = source;
        this.views = Collections.unmodifiableMap(new LinkedHashMap<>(views));
    }

    /**
     * Where a tensor's values are.
     *
     * @param tensor its name in the source
     * @param shape its new shape
     * @param first the element of the source's tensor that it begins with
     * @param transposed whether the source holds the transposed matrix
     */
    public record View(String tensor, long[] shape, long first, boolean transposed) {

        /** The whole tensor, as it is or in another shape of as many elements. */
        public static View whole(String tensor, long... shape) {
            return new View(tensor, shape, 0, false);
        }
    }

    @Override
    public Path path() {
        return source.path();
    }

    @Override
    public Map<String, long[]> shapes() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        views.forEach((name, view) -> shapes.put(name, view.shape));
        return shapes;
    }

    @Override
    public void read(String name, DataType type, long first, ByteBuffer target) {
        View view = views.get(name);
        if (view == null) {
            throw new SafetensorsException(path() + ": has no tensor " + name);
        }
        if (view.transposed) {
            readTransposed(view, type, first, target);
        } else {
            source.read(view.tensor, type, view.first + first, target);
        }
    }

    @Override
    public Optional<MappedByteBuffer> mapped(String name) {
        View view = views.get(name);
        boolean whole = view != null && !view.transposed && view.first == 0;
        return whole ? source.mapped(view.tensor).filter(bytes -> bytes.remaining() == Float.BYTES * new Shape(view.shape).size()) : Optional.empty();
    }

    private void readTransposed(View view, DataType type, long first, ByteBuffer target) {
        int rows = Math.toIntExact(view.shape[0]);
        int columns = Math.toIntExact(view.shape[1]);
        int width = type.getNumOfBytes();
        ByteBuffer values = ByteBuffer.allocate(Math.multiplyExact(width, rows * columns)).order(ByteOrder.nativeOrder());
        source.read(view.tensor, type, 0, values);
        for (long i = first; target.hasRemaining(); i++) {
            int row = (int) (i / columns);
            int column = (int) (i % columns);
            target.put(values.slice(width * (column * rows + row), width));
        }
    }

    @Override
    public String digest() {
        MessageDigest digest = Sha256.newDigest();
        ByteBuffer block = ByteBuffer.allocate(4 * BLOCK).order(ByteOrder.nativeOrder());
        views.forEach((name, view) -> {
            digest.update((name + "\n").getBytes(StandardCharsets.UTF_8));
            // of a transposed one in the source's order, which is as good here and spares a transposition a block
            long size = new Shape(view.shape).size();
            for (long at = 0; at < size; at += BLOCK) {
                block.clear().limit((int) (4 * Math.min(BLOCK, size - at)));
                source.read(view.tensor, view.first + at, block);
                digest.update(block.flip());
            }
        });
        return HexFormat.of().formatHex(digest.digest());
    }

    @Override
    public void close() {
        source.close();
    }
}
