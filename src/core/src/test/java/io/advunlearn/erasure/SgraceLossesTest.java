package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.TestDevice;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Tensors;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Every value is computed by hand. */
class SgraceLossesTest {

    private static final Offset<Float> CLOSE = within(1e-6f);

    private final NDManager manager = NDManager.newBaseManager(TestDevice.any(), "PyTorch");

    @AfterEach
    void close() {
        manager.close();
    }

    private NDArray array(Shape shape, float... values) {
        return Tensors.of(manager, values, shape);
    }

    @Test
    void eraseTermIsOnePlusTheCosineToTheTarget() {
        // cos((3, 4), (1, 0)) = 3/5, cos((-2, 0), (1, 0)) = -1: mean of 1.6 and 0
        NDArray features = array(new Shape(2, 2), 3, 4, -2, 0);
        assertThat(SgraceLosses.erase(features, array(new Shape(1, 2), 1, 0)).getFloat()).isCloseTo(0.8f, CLOSE);
    }

    @Test
    void similarityTermComparesRowByRow() {
        // cos((3, 4), (4, 3)) = 24/25, cos((1, 0), (0, 2)) = 0: mean of 0.04 and 1
        NDArray features = array(new Shape(2, 2), 3, 4, 1, 0);
        NDArray before = array(new Shape(2, 2), 4, 3, 0, 2);
        assertThat(SgraceLosses.similarity(features, before).getFloat()).isCloseTo(0.52f, CLOSE);
    }

    @Test
    void anchorTermIsTheMeanSquaredErrorOverAllPositions() {
        // errors 1, 0, 2, 0, 0, 1: (1 + 4 + 1) / 6
        NDArray states = array(new Shape(1, 3, 2), 1, 2, 3, 4, 5, 6);
        NDArray frozen = array(new Shape(1, 3, 2), 0, 2, 1, 4, 5, 7);
        assertThat(SgraceLosses.anchor(states, frozen).getFloat()).isCloseTo(1f, CLOSE);
    }

    @Test
    void parameterTermSumsTheMeanChangeOfEveryTensor() {
        // mean(|0.5|, |-0.5|) + mean(|1|, 0, |-2|) = 0.5 + 1
        List<NDArray> trained = List.of(array(new Shape(2), 1.5f, 0.5f), array(new Shape(3), 1, 0, -2));
        List<NDArray> original = List.of(array(new Shape(2), 1, 1), array(new Shape(3), 0, 0, 0));
        assertThat(SgraceLosses.parameters(trained, original).getFloat()).isCloseTo(1.5f, CLOSE);
    }

    @Test
    void attackTermAddsTheWeightedFeatureTermToTheNoiseError() {
        // row 1: (1 + 4) / 2 + 0.1 (1 - 3/5) = 2.54; row 2: 0 + 0.1 (1 + 1) = 0.2
        NDArray predicted = array(new Shape(2, 1, 1, 2), 1, 3, 0, 1);
        NDArray noise = array(new Shape(1, 1, 1, 2), 0, 1);
        NDArray features = array(new Shape(2, 2), 3, 4, -2, 0);
        float[] losses = SgraceLosses.attack(predicted, noise, features, array(new Shape(1, 2), 1, 0), 0.1).toFloatArray();
        assertThat(losses[0]).isCloseTo(2.54f, CLOSE);
        assertThat(losses[1]).isCloseTo(0.2f, CLOSE);
    }

    @Test
    void gradientOfTheCosineIsExact() {
        // d cos((x, y), (1, 0)) / d(x, y) = (y^2, -x y) / |.|^3 = (16, -12) / 125
        NDArray leaf = Autograd.leaf(array(new Shape(1, 2), 3, 4));
        NDArray target = array(new Shape(1, 2), 1, 0);
        NDArray loss = Autograd.record(() -> SgraceLosses.erase(leaf, target));
        float[] gradient = Autograd.gradients(loss, List.of(leaf)).get(0).toFloatArray();
        assertThat(gradient[0]).isCloseTo(0.128f, CLOSE);
        assertThat(gradient[1]).isCloseTo(-0.096f, CLOSE);
    }

    @Test
    void projectionReallyClampsToTheBall() {
        NDArray leaf = array(new Shape(4), 1.5f, 0.9f, 0.2f, 1.1f);
        SgraceAttack.project(leaf, array(new Shape(4), 1, 1, 1, 1), 0.25, manager);
        assertThat(leaf.toFloatArray()).containsExactly(new float[] {1.25f, 0.9f, 0.75f, 1.1f}, CLOSE);
    }

    @Test
    void onlyTheTextsPositionsAreAttacked() {
        assertThat(SgraceAttack.mask(new float[] {1, 3}, 5, manager).toFloatArray()).containsExactly(0, 1, 0, 0, 0, 0, 1, 1, 1, 0);
    }
}
