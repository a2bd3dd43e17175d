package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.ParallelWork;
import io.advunlearn.tensor.Tensors;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two threads go back through one encoder at the same time. */
class TrainableEncoderTest {

    private final PipelineComponents components = BundledModel.pipeline().components();
    private final NDManager manager = NDManager.newBaseManager(components.device(), "PyTorch");
    private final ErasureSettings settings = ErasureSettings.resolve(new ErasureRequest("church", "object", "advunlearn", "kv", 7, Map.of()));
    private final Student student = Student.of(components, components.baseEncoder(), settings, manager);
    private final Student beside = student.beside(manager);

    @AfterEach
    void close() {
        manager.close();
    }

    private Supplier<List<NDArray>> gradients(Student of, String prompt) {
        int[][] ids = components.tokenizer().encodeAll(List.of(prompt));
        return () -> Gradients.of(() -> {
            NDArray states = of.training().encoder().encode(manager, ids);
            states.attach(manager);
            return states.square().mean();
        }, of.parameters(), manager);
    }

    private static void assertSame(List<NDArray> actual, List<NDArray> expected) {
        assertThat(actual).hasSameSizeAs(expected).isNotEmpty();
        for (int i = 0; i < actual.size(); i++) {
            float size = Tensors.number(expected.get(i).abs().max());
            assertThat(Tensors.number(actual.get(i).sub(expected.get(i)).abs().max())).isCloseTo(0, within(1e-4f * size + 1e-9f));
        }
    }

    @Test
    void eachHasItsOwnGradientsAlsoAtOnce() {
        List<NDArray> church = gradients(student, "a church").get();
        List<NDArray> dog = gradients(student, "a dog and a house, mono style").get();
        for (int i = 0; i < 10; i++) {
            List<List<NDArray>> both = ParallelWork.all(List.of(gradients(student, "a church"), gradients(beside, "a dog and a house, mono style")));
            assertSame(both.get(0), church);
            assertSame(both.get(1), dog);
        }
    }

    @Test
    void anUpdateOfOneIsOneOfBoth() {
        student.parameters().forEach(p -> Autograd.noGrad(() -> p.muli(1.05f)));
        for (int i = 0; i < student.parameters().size(); i++) {
            assertThat(beside.parameters().get(i).contentEquals(student.parameters().get(i))).isTrue();
        }
        assertSame(gradients(beside, "a church").get(), gradients(student, "a church").get());
        assertThat(beside.trained().keySet()).containsExactlyElementsOf(student.trained().keySet());
    }
}
