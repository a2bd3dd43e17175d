package io.advunlearn.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;

/** The weight of a convolution, kept in a layout that the CPU's kernel likes better where that pays and nothing can change it. Thread-safe. */
public final class ConvolutionWeight {

    /** Elements up to which a second copy is nothing beside what else a network needs. */
    private static final long SMALL_WEIGHT = 512 << 10;
    /** Over all rows; with more, bringing the weight into the kernel's layout is no longer what takes the time. */
    private static final long FEW_POSITIONS = 512;

    private final NDArray weight;
    private final boolean canPrepare;
    private final KernelLayout prepared;

    /**
     * @param weight [out, in, k, k]
     * @param frozen whether its values never change
     */
    public ConvolutionWeight(NDArray weight, boolean frozen) {
        this.weight = weight;
        canPrepare = frozen && weight.size() <= SMALL_WEIGHT && weight.getDataType() == DataType.FLOAT32 && !weight.getDevice().isGpu()
                && PreparedConvolutions.areThere();
        prepared = new KernelLayout(weight);
    }

    /** As {@link Aten#conv2d}. */
    public NDArray convolve(NDArray x, NDArray bias, int stride, int padding) {
        if (canPrepare && !Autograd.isRecording() && Aten.positions(x, stride) <= FEW_POSITIONS) {
            return PreparedConvolutions.conv2d(x, prepared.get(() -> PreparedConvolutions.prepare(weight, x, stride, padding)), bias, stride, padding);
        }
        return Aten.conv2d(x, weight, bias, stride, padding);
    }

    /** [out, in, k, k], as in the state dict. */
    public NDArray weight() {
        return weight;
    }
}
