package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.TestDevice;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.DeviceLane;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Tensors;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InnerAttackTest {

    private static final Shape ROWS = new Shape(2, 1, 3);

    private static InnerAttack attack(String method, int steps) {
        ErasureSettings settings = ErasureSettings.resolve(new ErasureRequest("church", "object", "advunlearn", "fast", 1,
                Map.of("attackMethod", method, "attackSteps", steps, "attackLearningRate", 0.5)));
        return new InnerAttack(settings, new DeviceLane(), new CancellationToken());
    }

    private static NDArray distance(NDArray goal, NDArray adversarial) {
        try (Scope scope = new Scope()) {
            return scope.keep(goal.sub(adversarial).square().reshape(2, -1).mean(new int[] {1}));
        }
    }

    @Test
    void movesTowardsTheGoalAndLeavesNothingOnItsOwner() {
        try (NDManager goalOwner = NDManager.newBaseManager(TestDevice.any(), "PyTorch"); NDManager manager = NDManager.newBaseManager(TestDevice.any(), "PyTorch")) {
            NDArray goal = Tensors.of(goalOwner, new float[] {1, -1, 2, 0, 3, -2}, ROWS);
            NDArray start = Tensors.of(manager, new float[6], ROWS);
            // Computed from the goal, the losses belong to its manager: each would keep its step's graph there.
            InnerAttack.Result result = attack("adam", 40).run(start, null, (adversarial, scratch) -> distance(goal, adversarial), manager);
            assertThat(result.loss()).isLessThan(0.2);
            assertThat(start.toFloatArray()).containsOnly(0);
            assertThat(goalOwner.getManagedArrays()).containsExactly(goal);
        }
    }

    @Test
    void oneSignStepMovesEveryValueByTheRate() {
        try (NDManager manager = NDManager.newBaseManager(TestDevice.any(), "PyTorch")) {
            NDArray goal = Tensors.of(manager, new float[] {1, -1, 2, 4, 3, -2}, ROWS);
            NDArray start = Tensors.of(manager, new float[6], ROWS);
            // FAST_AT is one step, however many are asked for.
            InnerAttack.Result result = attack("fast_at", 7).run(start, null, (adversarial, scratch) -> distance(goal, adversarial), manager);
            assertThat(result.adversarial().toFloatArray()).containsExactly(0.5f, -0.5f, 0.5f, 0.5f, 0.5f, -0.5f);
        }
    }

    @Test
    void keepsTheRestartWithTheLowestLossAfterTheLastStep() {
        ErasureSettings settings = ErasureSettings.resolve(new ErasureRequest("church", "object", "advunlearn", "fast", 1,
                Map.of("attackMethod", "fast_at", "attackLearningRate", 0.1, "attackRestarts", 2)));
        try (NDManager manager = NDManager.newBaseManager(TestDevice.any(), "PyTorch")) {
            NDArray one = Tensors.of(manager, new float[] {1}, new Shape(1));
            // Two prompts with two starts each, drawn to 1: 0 and 0.5 end at 0.1 and 0.6, -1 and 2 at -0.9 and 1.9.
            NDArray start = Tensors.of(manager, new float[] {0, 0.5f, -1, 2}, new Shape(4, 1, 1));
            InnerAttack.Result result = new InnerAttack(settings, new DeviceLane(), new CancellationToken()).run(start, null,
                    (adversarial, scratch) -> adversarial.sub(one).square().reshape(4), manager);
            assertThat(result.adversarial().toFloatArray()).containsExactly(0.6f, 1.9f);
            // 0.4 squared and 0.9 squared.
            assertThat(result.loss()).isCloseTo((0.16 + 0.81) / 2, within(1e-6));
        }
    }
}
