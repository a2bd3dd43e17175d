package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * The upper level of the bi-level problem: what the student is trained for, as gradients of its weights. Each method draws what its part of a step
 * needs and gives what goes back through the student, each one piece of work for the device lane. Losses are added to {@code values} by name.
 */
final class EncoderObjective {

    private final PipelineComponents components;
    private final ErasureSettings settings;
    private final UnetMeter meter;
    private final Student student;
    private final List<ConceptPrompt> contexts;
    private final List<String> retained;
    private final LatentSource conceptLatents;
    private final LatentSource retainLatents;
    private final TextTerms texts;

    /**
     * @param contexts concept prompts, in the order of {@code conceptLatents}
     * @param retained retain prompts, in the order of {@code retainLatents}
     */
    EncoderObjective(PipelineComponents components, ErasureSettings settings, UnetMeter meter, Student student, List<ConceptPrompt> contexts,
            List<String> retained, LatentSource conceptLatents, LatentSource retainLatents, TextTerms texts) {
        this.components = components;
        this.settings = settings;
        this.meter = meter;
        this.student = student;
        this.contexts = contexts;
        this.retained = retained;
        this.conceptLatents = conceptLatents;
        this.retainLatents = retainLatents;
        this.texts = texts;
    }

    /**
     * The first part of a step without the UNet: what an attacker found, attacked prompts and searched texts; concept prompts as long as there is
     * nothing. Both parts take about as long.
     *
     * @param round what was attacked, {@code null} if nothing
     * @param adversarial [B, width, D], what the attack found for the round
     */
    Supplier<List<NDArray>> foundTexts(AdversarialPrompts.Round round, NDArray adversarial, Noise noise, Map<String, Double> values, NDManager scratch) {
        ClipTextModel encoder = student.training().encoder();
        Noise erase = noise.fork("erase");
        return differentiated(() -> {
            if (nothingFound(round)) {
                return texts.erased(null, encoder, erase, values, scratch);
            }
            NDArray loss = round == null ? null : texts.attacked(round, adversarial, encoder, values, scratch);
            return texts.searched(loss, encoder, erase, values, scratch);
        }, scratch);
    }

    /** The other part: concept prompts, unless the first one has them, retained ones and the empty one. */
    Supplier<List<NDArray>> knownTexts(AdversarialPrompts.Round round, Noise noise, Map<String, Double> values, NDManager scratch) {
        ClipTextModel encoder = student.training().encoder();
        return differentiated(() -> {
            NDArray loss = nothingFound(round) ? null : texts.erased(null, encoder, noise.fork("erase"), values, scratch);
            return texts.retain(loss, encoder, noise.fork("retain"), values, scratch);
        }, scratch);
    }

    private boolean nothingFound(AdversarialPrompts.Round round) {
        return round == null && !texts.hasSearched();
    }

    /** Erases on unattacked concept prompts. */
    Supplier<List<NDArray>> eraseClean(Noise noise, Map<String, Double> values, NDManager scratch) {
        int[] rows = conceptLatents.pick(settings.eraseBatch(), noise);
        LatentSource.Draw draw = conceptLatents.draw(rows, noise, scratch);
        int[][] ids = ids(rows);
        return differentiated(() -> {
            NDArray hidden = student.training().encoder().encode(scratch, ids);
            NDArray loss = meanError(draw, hidden);
            values.put("loss_erase", (double) Tensors.number(loss));
            return texts.erase(loss, student.training().encoder(), noise, values, scratch);
        }, scratch);
    }

    /**
     * @param weights gradients in the order of the student's parameters
     * @param adversarial gradient of the adversarial values, {@code null} if not asked for
     */
    record AttackedGradients(List<NDArray> weights, NDArray adversarial) {
    }

    /**
     * Erases on attacked prompts, and on the same prompts unattacked if their weight is above 0.
     *
     * @param adversarial what the attack found for the round; a constant unless its gradient is wanted
     * @param free whether the same backward pass also gives the gradient of {@code adversarial}
     */
    Supplier<AttackedGradients> eraseAttacked(AdversarialPrompts.Round round, NDArray adversarial, boolean free, Noise noise,
            Map<String, Double> values, NDManager scratch) {
        boolean clean = settings.cleanWeight() > 0;
        int[] rows = round.contexts();
        LatentSource.Draw draw = conceptLatents.draw(clean ? concat(rows, rows) : rows, noise, scratch);
        NDArray attacked = free ? Autograd.leaf(adversarial) : adversarial;
        List<NDArray> leaves = new ArrayList<>(student.parameters());
        if (free) {
            attacked.attach(scratch);
            leaves.add(attacked);
        }
        Supplier<NDArray> lossOfBoth = () -> {
            NDArray hidden = round.batch().hidden(student.training().encoder(), attacked, clean);
            hidden.attach(scratch);
            NDArray perRow = denoisingLoss(draw, hidden, predicted -> rowErrors(predicted, draw.target()));
            NDArray loss = perRow.get("0:" + rows.length).mean();
            values.put("loss_erase", (double) Tensors.number(loss));
            if (clean) {
                loss = TextTerms.plus(loss, perRow.get(rows.length + ":").mean(), settings.cleanWeight(), "loss_clean", values);
            }
            return texts.erase(loss, student.training().encoder(), noise, values, scratch);
        };
        return () -> {
            List<NDArray> gradients = Gradients.of(lossOfBoth, leaves, scratch);
            NDArray ofAdversarial = free ? gradients.remove(gradients.size() - 1) : null;
            return new AttackedGradients(gradients, ofAdversarial);
        };
    }

    /** Holds retained prompts and the empty one still. @param weight of the loss on the denoiser's predictions */
    Supplier<List<NDArray>> retain(Noise noise, double weight, Map<String, Double> values, NDManager scratch) {
        int[] rows = retainLatents.pick(settings.retainBatch(), noise);
        LatentSource.Draw draw = retainLatents.draw(rows, noise, scratch);
        int[][] ids = components.tokenizer().encodeAll(Arrays.stream(rows).mapToObj(retained::get).toList());
        return differentiated(() -> {
            NDArray hidden = student.training().encoder().encode(scratch, ids);
            NDArray loss = meanError(draw, hidden);
            values.put("loss_retain", (double) Tensors.number(loss));
            return texts.retain(Aten.scale(loss, weight), student.training().encoder(), noise, values, scratch);
        }, scratch);
    }

    /** Mean squared error of each row [B]. */
    static NDArray rowErrors(NDArray predicted, NDArray target) {
        return predicted.sub(target).square().reshape(predicted.getShape().get(0), -1).mean(new int[] {1});
    }

    private NDArray meanError(LatentSource.Draw draw, NDArray context) {
        return denoisingLoss(draw, context, predicted -> predicted.sub(draw.target()).square().mean());
    }

    private NDArray denoisingLoss(LatentSource.Draw draw, NDArray context, UnaryOperator<NDArray> ofPrediction) {
        meter.gradient(draw.latents().getShape().get(0), settings.checkpointing());
        return student.training().denoiser().loss(draw.latents(), draw.timesteps(), context, ofPrediction);
    }

    private Supplier<List<NDArray>> differentiated(Supplier<NDArray> loss, NDManager scratch) {
        return () -> Gradients.of(loss, student.parameters(), scratch);
    }

    private int[][] ids(int[] rows) {
        return components.tokenizer().encodeAll(Arrays.stream(rows).mapToObj(row -> contexts.get(row).text()).toList());
    }

    private static int[] concat(int[] a, int[] b) {
        int[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }
}
