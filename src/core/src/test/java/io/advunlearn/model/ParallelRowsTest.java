package io.advunlearn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.Fixture;
import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Tensors;
import io.advunlearn.tensor.TorchThreads;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Rows that are computed on several threads are the rows that one thread computes. */
class ParallelRowsTest {

    private final NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
    private final UNet2DConditionModel unet = UNet2DConditionModel.load(Fixture.emojiModel().resolve("unet"), manager, Device.cpu());

    @AfterEach
    void close() {
        manager.close();
    }

    @Test
    void partsAreWhatTheWholeIs() {
        for (int rows : new int[] {2, 3, 5}) {
            for (int threads : new int[] {2, 3, 8}) {
                try (NDManager scratch = manager.newSubManager(); Scope scope = new Scope()) {
                    NDArray sample = normal(scratch, 1, rows, 8, 8, 8);
                    NDArray times = normal(scratch, 2, rows).abs().mul(300);
                    CrossAttentionContext context = unet.context(normal(scratch, 3, rows, 77, 128));
                    NDArray whole = Autograd.noGrad(() -> unet.forward(sample, times, context));
                    NDArray parts = forward(rows, threads, sample, times, context, unet::forward);
                    assertThat(parts.getShape()).isEqualTo(whole.getShape());
                    assertThat(Tensors.number(parts.sub(whole).abs().max())).isCloseTo(0, within(2e-5f));
                }
            }
        }
    }

    @Test
    void partsOfTextsAreWhatTheWholeIs() {
        ClipTextModel encoder = BundledModel.pipeline().components().baseEncoder();
        try (NDManager scratch = manager.newSubManager(); Scope scope = new Scope()) {
            int[][] ids = new int[5][77];
            for (int i = 0; i < ids.length * 77; i++) {
                ids[i / 77][i % 77] = i * 7 % 1000;
            }
            NDArray input = Tensors.of(scratch, ids);
            NDArray whole = Autograd.noGrad(() -> encoder.forward(input).lastHiddenState());
            NDArray parts = Autograd.noGrad(() -> ParallelRows.of(5, 2).forward(input, part -> encoder.forward(part).lastHiddenState()));
            assertThat(parts.getShape()).isEqualTo(whole.getShape());
            assertThat(Tensors.number(parts.sub(whole).abs().max())).isCloseTo(0, within(2e-5f));
        }
    }

    @Test
    void everyPartHasAThreadThatRecordsNothing() {
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        CyclicBarrier all = new CyclicBarrier(3);
        try (NDManager scratch = manager.newSubManager()) {
            NDArray sample = normal(scratch, 1, 4, 8, 8, 8);
            forward(4, 3, sample, normal(scratch, 2, 4), unet.context(normal(scratch, 3, 4, 77, 128)), (part, times, context, added) -> {
                threads.add(Thread.currentThread());
                meet(all);
                assertThat(Autograd.isRecording()).isFalse();
                return part.duplicate();
            });
        }
        assertThat(threads).hasSize(3).contains(Thread.currentThread());
    }

    @Test
    void leavesNothingBehindButTheResult() {
        try (NDManager scratch = manager.newSubManager(); Scope scope = new Scope()) {
            NDArray sample = normal(scratch, 1, 4, 8, 8, 8);
            NDArray times = normal(scratch, 2, 4);
            CrossAttentionContext context = unet.context(normal(scratch, 3, 4, 77, 128));
            forward(4, 2, sample, times, context, unet::forward).close();
            // with the context's parts, which stay for the next step
            int before = scratch.getManagedArrays().size();
            forward(4, 2, sample, times, context, unet::forward).close();
            assertThat(scratch.getManagedArrays()).hasSize(before);
        }
    }

    @Test
    void failureOfAnyPartIsTheCallersAndTheOthersEndBefore() {
        for (int failing : new int[] {0, 1}) {
            try (NDManager scratch = manager.newSubManager()) {
                NDArray sample = normal(scratch, 1, 2, 8, 8, 8);
                sample.set(new NDIndex(failing + ":" + (failing + 1)), 0f);
                assertThatThrownBy(() -> forward(2, 2, sample, normal(scratch, 2, 2), unet.context(normal(scratch, 3, 2, 77, 128)), (part, times, context, added) -> {
                    if (Tensors.number(part.abs().max()) == 0) {
                        throw new IllegalStateException("no memory");
                    }
                    return part.duplicate();
                })).isInstanceOf(IllegalStateException.class).hasMessage("no memory");
            }
        }
    }

    @Test
    void oneRowOneThreadAndWhatIsRecordedStayWhole() {
        assertThat(ParallelRows.of(1, 8)).isNull();
        assertThat(ParallelRows.of(8, 1)).isNull();
        try (NDManager scratch = manager.newSubManager()) {
            TorchThreads.use(1);
            NDArray sample = normal(scratch, 1, 2, 8, 8, 8);
            assertThat(Autograd.record(() -> ParallelRows.of(sample) == null)).isTrue();
        }
    }

    private static void meet(CyclicBarrier barrier) {
        try {
            barrier.await(1, TimeUnit.MINUTES);
        } catch (Exception e) {
            throw new AssertionError("the parts do not run at once", e);
        }
    }

    private static NDArray forward(int rows, int threads, NDArray sample, NDArray times, CrossAttentionContext context, ParallelRows.Forward whole) {
        return Autograd.noGrad(() -> ParallelRows.of(rows, threads).forward(sample, times, context, null, whole));
    }

    private static NDArray normal(NDManager manager, long seed, long... shape) {
        return new Noise(seed).normal(manager, new Shape(shape));
    }
}
