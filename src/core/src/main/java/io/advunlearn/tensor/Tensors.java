package io.advunlearn.tensor;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;

/**
 * Arrays whose memory belongs to the engine.
 *
 * <p>{@code NDManager.create} on the CPU only borrows a Java buffer, which the garbage collector may take back as soon as the array is closed,
 * while a view or an autograd graph still reads it; what it makes on a GPU is a copy. Arrays made here are copied once and are safe to close at any time.
 */
public final class Tensors {

    /** Bytes; a mapping of less is not worth its page and its entry in the system's tables. */
    private static final long LARGE = 1 << 20;

    private Tensors() { }

    /** fp32 array of a shape, owned by the manager, on the manager's device. */
    public static NDArray of(NDManager manager, float[] values, Shape shape) {
        ByteBuffer buffer = manager.allocateDirect(4 * values.length).order(ByteOrder.nativeOrder());
        buffer.asFloatBuffer().put(values);
        return own(manager, buffer, shape, DataType.FLOAT32);
    }

    /**
     * A tensor of a file, owned by the manager, on the manager's device.
     *
     * @param type FLOAT32 or FLOAT16
     * @throws SafetensorsException as {@link TensorSource#read(String, DataType, long, ByteBuffer)}
     */
    public static NDArray of(NDManager manager, TensorSource file, String name, Shape shape, DataType type) {
        ByteBuffer buffer = manager.allocateDirect(Math.toIntExact(type.getNumOfBytes() * shape.size())).order(ByteOrder.nativeOrder());
        file.read(name, type, 0, buffer);
        return own(manager, buffer.rewind(), shape, type);
    }

    /** int64 array of a shape, owned by the manager, on the manager's device. */
    public static NDArray of(NDManager manager, long[] values, Shape shape) {
        ByteBuffer buffer = manager.allocateDirect(8 * values.length).order(ByteOrder.nativeOrder());
        buffer.asLongBuffer().put(values);
        return own(manager, buffer, shape, DataType.INT64);
    }

    /** int64 array [B, N] of equally long rows, owned by the manager, on the manager's device. @param rows at least one, for example token ids */
    public static NDArray of(NDManager manager, int[][] rows) {
        long[] flat = Arrays.stream(rows).flatMapToInt(Arrays::stream).asLongStream().toArray();
        return of(manager, flat, new Shape(rows.length, rows[0].length));
    }

    /** The values, copied to the host and widened to fp32. */
    public static float[] floats(NDArray array) {
        if (array.getDataType() != DataType.FLOAT32) {
            try (NDArray wide = array.toType(DataType.FLOAT32, false)) {
                return onHost(wide, NDArray::toFloatArray);
            }
        }
        return onHost(array, NDArray::toFloatArray);
    }

    /** The array itself where it has the type, else a copy that has it, owned by the same manager. Differentiable. */
    public static NDArray cast(NDArray array, DataType type) {
        return array.toType(type, false);
    }

    /** The only value. */
    public static float number(NDArray array) {
        if (array.size() != 1) {
            throw new IllegalArgumentException("one value was expected, the array has shape " + array.getShape());
        }
        return floats(array)[0];
    }

    /** The values of an int64 array, copied to the host. */
    public static long[] longs(NDArray array) {
        return onHost(array, NDArray::toLongArray);
    }

    /** The bytes, copied to the host, in native order. */
    public static ByteBuffer bytes(NDArray array) {
        return onHost(array, NDArray::toByteBuffer);
    }

    /**
     * DJL reads an array of a GPU through a copy in a new manager below the array's own, and leaves both there: behind weights that were
     * read back, their copy in the host's memory for as long as they are loaded.
     */
    private static <T> T onHost(NDArray array, Function<NDArray, T> read) {
        if (!array.getDevice().isGpu()) {
            return read.apply(array);
        }
        NDArray copy = array.toDevice(Device.cpu(), false);
        NDManager host = copy.getManager();
        try (copy) {
            return read.apply(copy);
        } finally {
            if (host != array.getManager()) {
                host.close();
            }
        }
    }

    /**
     * A tensor of a file, owned by the manager, on the device; what was begun is freed if it cannot be read. In the host's memory a large one is
     * the file's own pages where the file has fp32: to copy them takes several times as long as to read them. They may only be read.
     */
    static NDArray read(NDManager manager, Device device, TensorSource file, String name, Shape shape, DataType type) {
        if (!device.isGpu() && type == DataType.FLOAT32 && 4 * shape.size() >= LARGE) {
            Optional<MappedByteBuffer> mapped = file.mapped(name);
            if (mapped.isPresent()) {
                // all of it now, and not page by page while the first request waits
                return manager.create(mapped.get().load(), shape, DataType.FLOAT32);
            }
        }
        try (NDManager host = manager.newSubManager(Device.cpu())) {
            PtNDArray array = (PtNDArray) host.create(shape, type);
            if (shape.size() > 0) {
                // the array's own memory, not a copy of it
                file.read(name, type, 0, array.toByteBuffer(true));
            }
            NDArray moved = array.toDevice(device, false);
            moved.attach(manager);
            return moved;
        }
    }

    /** @param buffer direct, native order, position 0, limit at the shape's size */
    static NDArray own(NDManager manager, ByteBuffer buffer, Shape shape, DataType type) {
        NDArray created = manager.create(buffer, shape, type);
        if (manager.getDevice().isGpu()) {
            return created;
        }
        try (created) {
            return created.duplicate();
        }
    }
}
