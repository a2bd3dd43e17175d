package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.search.TokenText;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Tensors;
import java.util.List;
import java.util.Map;

/**
 * The attacker of S-GRACE: moves whole token-embedding sequences so that the frozen denoiser, led by the encoder in training, finds the noise
 * in the concept's latent again. The sequences live in what the training keeps: {@code sequences} as attacked [B, N, D], {@code drawn} as drawn
 * [B, N, D], and {@code lengths} [B], their tokens without start and end.
 */
final class SgraceAttack {

    private static final String SEQUENCES = "sequences";
    private static final String DRAWN = "drawn";
    private static final String LENGTHS = "lengths";

    private final EncoderTraining training;
    private final SgraceSettings settings;
    private final SgraceSequences words;
    private final SgraceLatent latent;
    private final SgraceFeatures features;

    SgraceAttack(EncoderTraining training, SgraceSettings settings, SgraceSequences words, SgraceLatent latent, SgraceFeatures features) {
        this.training = training;
        this.settings = settings;
        this.words = words;
        this.latent = latent;
        this.features = features;
    }

    /** The attacked sequences [B, N, D]. */
    NDArray sequences() {
        return training.kept(SEQUENCES);
    }

    /** Position of each sequence's end token. */
    int[] eos() {
        float[] lengths = Tensors.floats(training.kept(LENGTHS));
        int[] eos = new int[lengths.length];
        for (int i = 0; i < eos.length; i++) {
            eos[i] = (int) lengths[i] + 1;
        }
        return eos;
    }

    /** Draws what is new in this round, attacks, and keeps the result. */
    void run(Noise noise, Map<String, Double> values, NDManager scratch) {
        NDArray drawn;
        NDArray lengths;
        NDArray start;
        try (NDManager rows = training.manager().newSubManager()) {
            NDList drawnRows = new NDList();
            NDList startRows = new NDList();
            float[] lengthOf = training.kept(LENGTHS) == null ? new float[settings.sequences()] : Tensors.floats(training.kept(LENGTHS));
            for (int row = 0; row < settings.sequences(); row++) {
                Noise own = noise.fork("sequence-" + row);
                if (training.kept(SEQUENCES) == null || row > 0 && own.nextDouble() < settings.updateChance()) {
                    int[] ids = words.draw(row, own);
                    lengthOf[row] = ids.length;
                    drawnRows.add(embed(ids, rows));
                    startRows.add(drawnRows.get(row));
                } else {
                    drawnRows.add(row(DRAWN, row, rows));
                    startRows.add(row(SEQUENCES, row, rows));
                }
            }
            drawn = NDArrays.concat(drawnRows);
            start = NDArrays.concat(startRows);
            lengths = Tensors.of(scratch, lengthOf, new Shape(lengthOf.length));
            drawn.attach(scratch);
            start.attach(scratch);
        }
        NDArray attacked = attack(start, drawn, lengths, values, scratch);
        training.keep(SEQUENCES, attacked);
        training.keep(DRAWN, drawn);
        training.keep(LENGTHS, lengths);
    }

    private NDArray embed(int[] ids, NDManager rows) {
        int[][] window = {new TokenText(training.components().tokenizer()).window(ids)};
        return training.lane(() -> Autograd.noGrad(() -> training.components().baseEncoder().embed(Tensors.of(rows, window))));
    }

    private NDArray row(String name, int row, NDManager rows) {
        NDArray copy = training.kept(name).get(row + ":" + (row + 1)).duplicate();
        copy.attach(rows);
        return copy;
    }

    private NDArray attack(NDArray start, NDArray drawn, NDArray lengths, Map<String, Double> values, NDManager scratch) {
        NDArray leaf = Autograd.leaf(start);
        float[] lengthOf = Tensors.floats(lengths);
        NDArray mask = mask(lengthOf, (int) start.getShape().get(1), scratch);
        int[] eos = new int[settings.sequences()];
        for (int i = 0; i < eos.length; i++) {
            eos[i] = (int) lengthOf[i] + 1;
        }
        Adam adam = new Adam(List.of(leaf), settings.attackLearningRate(), scratch);
        double radius = settings.attackRadius() * settings.attackLearningRate();
        for (int i = 0; i < settings.attackSteps(); i++) {
            training.cancellation().throwIfCancelled();
            values.put("loss_attack", training.lane(() -> step(leaf, eos, drawn, mask, adam, radius, scratch)));
        }
        return leaf.stopGradient();
    }

    private double step(NDArray leaf, int[] eos, NDArray drawn, NDArray mask, Adam adam, double radius, NDManager manager) {
        try (NDManager scratch = manager.newSubManager()) {
            NDArray total = Autograd.record(() -> {
                try (Scope scope = new Scope()) {
                    SgraceFeatures.States states = features.of(training.attacked(), leaf, eos);
                    NDArray predicted = latent.predict(states.hidden(), training.meter());
                    return scope.keep(SgraceLosses.attack(predicted, latent.noise(), states.features(), features.target(), settings.cosineWeight()).sum());
                }
            });
            total.attach(scratch);
            NDArray gradient = Autograd.gradients(total, List.of(leaf)).get(0);
            gradient.attach(scratch);
            NDArray sign = gradient.sign().muli(mask);
            sign.attach(scratch);
            adam.step(List.of(sign));
            if (radius > 0) {
                project(leaf, drawn, radius, scratch);
            }
            return Tensors.number(total) / eos.length;
        }
    }

    /** Back into the L-infinity ball, in place. */
    static void project(NDArray leaf, NDArray centre, double radius, NDManager scratch) {
        Autograd.noGrad(() -> {
            NDArray change = leaf.sub(centre);
            change.attach(scratch);
            NDArray excess = change.sub(change.clip(-radius, radius));
            excess.attach(scratch);
            return leaf.subi(excess);
        });
    }

    /** 1 at the text's positions, 0 at the start token, the end token and behind: [B, N, 1]. */
    static NDArray mask(float[] lengths, int window, NDManager manager) {
        float[] mask = new float[lengths.length * window];
        for (int row = 0; row < lengths.length; row++) {
            for (int i = 1; i <= lengths[row]; i++) {
                mask[row * window + i] = 1;
            }
        }
        return Tensors.of(manager, mask, new Shape(lengths.length, window, 1));
    }
}
