package io.advunlearn.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;

/** The weight of torch.nn.Linear, kept in a layout that the CPU's kernel likes better where that pays and nothing can change it. Thread-safe. */
public final class LinearWeight {

    /** Elements up to which a weight is kept twice. */
    private static final long LARGEST = 4 << 20;
    /** With more, bringing the weight into the kernel's layout is no longer what takes the time. */
    private static final long FEW_ROWS = 512;

    private final NDArray weight;
    private final boolean canPrepare;
    private final KernelLayout prepared;

    /**
     * @param weight [out, in]
     * @param frozen whether its values never change
     */
    public LinearWeight(NDArray weight, boolean frozen) {
        this.weight = weight;
        canPrepare = frozen && weight.size() <= LARGEST && OneDnnLinear.canRead(weight);
        prepared = new KernelLayout(weight);
    }

    /** As {@link Aten#linear}. @param bias [out] */
    public NDArray product(NDArray x, NDArray bias) {
        if (canPrepare && Aten.isLongProduct(x, weight) && x.size() / weight.getShape().get(1) <= FEW_ROWS && !Autograd.isRecording()) {
            return OneDnnLinear.linear(x, prepared.get(() -> OneDnnLinear.prepare(weight)), bias);
        }
        return Aten.linear(x, weight, bias);
    }
}
