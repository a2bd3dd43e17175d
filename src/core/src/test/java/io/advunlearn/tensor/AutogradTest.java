package io.advunlearn.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import io.advunlearn.TestDevice;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AutogradTest {

    private final NDManager manager = NDManager.newBaseManager(TestDevice.any(), "PyTorch");

    @AfterEach
    void close() {
        manager.close();
    }

    private NDArray array(float... values) {
        return Tensors.of(manager, values, new Shape(values.length));
    }

    @Test
    void gradientOfASumOfSquares() {
        NDArray x = Autograd.leaf(array(1, -2, 3));
        NDArray loss = Autograd.record(() -> x.square().sum());
        assertThat(Autograd.gradients(loss, List.of(x)).get(0).toFloatArray()).containsExactly(2, -4, 6);
    }

    @Test
    void gradientOfAnArrayContinuesTheOneItIsGiven() {
        NDArray x = Autograd.leaf(array(1, -2, 3));
        NDArray squares = Autograd.record(x::square);
        assertThat(Autograd.gradients(squares, array(1, 10, -100), List.of(x)).get(0).toFloatArray()).containsExactly(2, -40, -600);
    }

    @Test
    void gradientOfAnotherShapeThanTheArrayIsRefused() {
        NDArray x = Autograd.leaf(array(1, -2, 3));
        NDArray squares = Autograd.record(x::square);
        assertThatThrownBy(() -> Autograd.gradients(squares, array(1), List.of(x))).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the output has shape (3) but its gradient (1)");
    }

    @Test
    void nothingAccumulatesFromOneLossToTheNext() {
        NDArray x = Autograd.leaf(array(1, 2));
        for (int i = 0; i < 3; i++) {
            NDArray loss = Autograd.record(() -> Aten.scale(x, 5).sum());
            assertThat(Autograd.gradients(loss, List.of(x)).get(0).toFloatArray()).containsExactly(5, 5);
        }
    }

    @Test
    void leafTheLossDoesNotDependOnGivesZerosBeforeAndAfterItsFirstGradient() {
        NDArray x = Autograd.leaf(array(1, 2));
        NDArray y = Autograd.leaf(array(3, 4, 5));
        NDArray first = Autograd.record(x::sum);
        assertThat(Autograd.gradients(first, List.of(x, y)).get(1).toFloatArray()).containsExactly(0, 0, 0);
        NDArray second = Autograd.record(() -> Aten.scale(y.sum(), 2));
        List<NDArray> gradients = Autograd.gradients(second, List.of(x, y));
        assertThat(gradients.get(0).toFloatArray()).containsExactly(0, 0);
        assertThat(gradients.get(1).toFloatArray()).containsExactly(2, 2, 2);
    }

    @Test
    void gradientsBelongToTheLossAndOutliveTheNextBackwardPass() {
        NDArray x = Autograd.leaf(array(1, 2));
        try (NDManager step = manager.newSubManager()) {
            NDArray loss = Autograd.record(() -> {
                NDArray sum = Aten.scale(x, 3).sum();
                sum.attach(step);
                return sum;
            });
            NDArray gradient = Autograd.gradients(loss, List.of(x)).get(0);
            assertThat(gradient.getManager()).isSameAs(step);
            Autograd.gradients(Autograd.record(() -> Aten.scale(x, 7).sum()), List.of(x));
            assertThat(gradient.toFloatArray()).containsExactly(3, 3);
        }
    }

    @Test
    void leafIsACopy() {
        NDArray value = array(1, 2);
        NDArray leaf = Autograd.leaf(value);
        leaf.addi(1);
        assertThat(value.toFloatArray()).containsExactly(1, 2);
        assertThat(value.hasGradient()).isFalse();
        assertThat(leaf.hasGradient()).isTrue();
        assertThat(leaf.getManager()).isSameAs(value.getManager());
    }

    @Test
    void lossWithoutGraphOrOfManyValuesIsRefused() {
        NDArray x = Autograd.leaf(array(1, 2));
        NDArray unrecorded = Autograd.noGrad(x::sum);
        assertThatThrownBy(() -> Autograd.gradients(unrecorded, List.of(x))).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("Autograd.record");
        NDArray many = Autograd.record(() -> Aten.scale(x, 2));
        assertThatThrownBy(() -> Autograd.gradients(many, List.of(x))).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("scalar");
    }

    @Test
    void modeIsRestoredEvenAfterAFailure() {
        boolean before = JniUtils.isGradMode();
        assertThatThrownBy(() -> Autograd.record(() -> {
            assertThat(JniUtils.isGradMode()).isTrue();
            assertThat(Autograd.isRecording()).isTrue();
            Autograd.noGrad(() -> assertThat(JniUtils.isGradMode() || Autograd.isRecording()).isFalse());
            assertThat(JniUtils.isGradMode()).isTrue();
            throw new IllegalStateException("work failed");
        })).hasMessage("work failed");
        assertThat(JniUtils.isGradMode()).isEqualTo(before);
    }

    @Test
    void resultMadeWithoutGraphMayEnterOneLater() {
        NDArray x = Autograd.leaf(array(1, -1));
        NDArray kept = Autograd.noGrad(() -> Aten.silu(array(2, 3)));
        NDArray loss = Autograd.record(() -> x.mul(kept).sum());
        float[] expected = {(float) (2 / (1 + Math.exp(-2))), (float) (3 / (1 + Math.exp(-3)))};
        assertThat(Autograd.gradients(loss, List.of(x)).get(0).toFloatArray()).containsExactly(expected, within(1e-6f));
    }

    @Test
    void closedIntermediatesLeaveTheGraphWhole() {
        NDArray x = Autograd.leaf(array(1, 2, 3));
        NDArray loss = Autograd.record(() -> {
            try (Scope scope = new Scope()) {
                NDArray constant = array(10, 20, 30);
                return scope.keep(x.mul(constant).mul(x).sum());
            }
        });
        System.gc();
        assertThat(Autograd.gradients(loss, List.of(x)).get(0).toFloatArray()).containsExactly(20, 80, 180);
    }

    /** With {@code NDArray.mul(Number)} this gives -7: the buffer of the factor is freed and used again before the way back. */
    @Test
    void factorsOutliveTheGarbageCollector() throws InterruptedException {
        NDArray x = Autograd.leaf(array(1, 2));
        NDArray loss = Autograd.record(() -> Aten.scale(x, 3).sum());
        System.gc();
        Thread.sleep(50);
        List<ByteBuffer> reused = IntStream.range(0, 200).mapToObj(i -> ByteBuffer.allocateDirect(4).order(ByteOrder.nativeOrder()).putFloat(-7)).toList();
        assertThat(Autograd.gradients(loss, List.of(x)).get(0).toFloatArray()).containsExactly(3, 3);
        assertThat(reused).hasSize(200);
    }

    static Stream<Named<UnaryOperator<NDArray>>> kernels() {
        return Stream.of(
                Named.of("attention", x -> Aten.scaledDotProductAttention(view(x, 2, 2, 3, 4), view(Aten.scale(x, 2), 2, 2, 3, 4), view(x.add(1), 2, 2, 3, 4), false)),
                Named.of("causal attention", x -> Aten.scaledDotProductAttention(view(x, 2, 2, 3, 4), view(Aten.scale(x, 2), 2, 2, 3, 4), view(x.add(1), 2, 2, 3, 4), true)),
                Named.of("multi-head attention", x -> Aten.multiHeadAttention(view(x, 2, 3, 8), view(Aten.scale(x, 2), 2, 3, 8), view(x.square(), 2, 3, 8), 2, false)),
                Named.of("group norm", x -> Aten.groupNorm(view(x, 2, 4, 3, 2), 2, constant(x, 4, 1), constant(x, 4, 2), 1e-5)),
                Named.of("group norm and silu", x -> Aten.groupNormSilu(view(x, 2, 4, 3, 2), 2, constant(x, 4, 1), constant(x, 4, 2), 1e-5)),
                Named.of("layer norm", x -> Aten.layerNorm(view(x, 6, 8), constant(x, 8, 1), constant(x, 8, 2), 1e-5)),
                Named.of("linear", x -> Aten.linear(view(x, 6, 8), view(constant(x, 16, 1), 2, 8), constant(x, 2, 2))),
                Named.of("convolution", x -> Aten.conv2d(view(x, 1, 3, 4, 4), view(constant(x, 54, 1), 2, 3, 3, 3), constant(x, 2, 2), 2, 1)),
                Named.of("silu", Aten::silu),
                Named.of("gelu", Aten::gelu),
                Named.of("quick gelu", Aten::quickGelu),
                Named.of("gated gelu", x -> Aten.geglu(view(x, 6, 8))),
                Named.of("up-sampling", x -> Aten.upsampleNearest2x(view(x, 1, 3, 4, 4)).square()));
    }

    private static NDArray view(NDArray x, long... shape) {
        return x.reshape(shape);
    }

    private static NDArray constant(NDArray like, int size, int seed) {
        return Tensors.of(like.getManager(), new Noise(seed).normal(size), new Shape(size));
    }

    /** The derivative in a random direction against a central difference. */
    @ParameterizedTest
    @MethodSource("kernels")
    void kernelsAgreeWithFiniteDifferences(UnaryOperator<NDArray> kernel) {
        NDArray point = array(new Noise(5).normal(48));
        NDArray direction = array(new Noise(6).normal(48));
        NDArray weights = array(new Noise(9).normal(Math.toIntExact(kernel.apply(point).size())));
        NDArray x = Autograd.leaf(point);
        NDArray loss = Autograd.record(() -> kernel.apply(x).flatten().mul(weights).sum());
        double analytic = Autograd.gradients(loss, List.of(x)).get(0).mul(direction).sum().getFloat();
        float h = 5e-3f;
        double above = kernel.apply(point.add(direction.mul(h))).flatten().mul(weights).sum().getFloat();
        double below = kernel.apply(point.sub(direction.mul(h))).flatten().mul(weights).sum().getFloat();
        double numeric = (above - below) / (2 * h);
        assertThat(analytic).isCloseTo(numeric, within(0.01 * Math.max(1, Math.abs(numeric))));
        assertThat(Math.abs(numeric)).as("a derivative worth comparing").isGreaterThan(0.01);
    }

    @Test
    void oneThreadRecordsWhileAnotherServes() throws Exception {
        NDArray weight = array(new Noise(1).normal(64 * 64)).reshape(64, 64);
        NDArray input = array(new Noise(2).normal(64 * 64)).reshape(64, 64);
        float[] served = Autograd.noGrad(() -> Aten.silu(Aten.linear(input, weight, null)).toFloatArray());
        float[] gradient = gradient(input, weight);
        CountDownLatch start = new CountDownLatch(2);
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            Callable<Void> server = () -> {
                await(start);
                for (int i = 0; i < 300; i++) {
                    NDArray result = Autograd.noGrad(() -> Aten.silu(Aten.linear(input, weight, null)));
                    assertThat(JniUtils.isGradMode()).isTrue();
                    assertThatThrownBy(() -> Autograd.gradients(Autograd.noGrad(result::sum), List.of())).isInstanceOf(IllegalArgumentException.class);
                    assertThat(result.toFloatArray()).isEqualTo(served);
                    result.close();
                }
                return null;
            };
            Callable<Void> trainer = () -> {
                await(start);
                for (int i = 0; i < 300; i++) {
                    assertThat(gradient(input, weight)).isEqualTo(gradient);
                }
                return null;
            };
            Future<Void> serving = threads.submit(server);
            Future<Void> training = threads.submit(trainer);
            serving.get();
            training.get();
        } finally {
            threads.shutdownNow();
        }
    }

    private static void await(CountDownLatch start) throws InterruptedException {
        start.countDown();
        start.await();
        // a new thread records by default, as PyTorch has it
        JniUtils.setGradMode(true);
    }

    private float[] gradient(NDArray input, NDArray weight) {
        try (Scope scope = new Scope()) {
            NDArray leaf = Autograd.leaf(input);
            NDArray loss = Autograd.record(() -> Aten.silu(Aten.linear(leaf, weight, null)).square().mean());
            return Autograd.gradients(loss, List.of(leaf)).get(0).toFloatArray();
        }
    }
}
