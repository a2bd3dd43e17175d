package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One erasure by {@link Sgrace}: rounds of an attack and an edit of the encoder on what the attack found. */
final class SgraceErasure implements EncoderTraining.Step {

    private static final List<String> ANCHOR_TEMPLATES = List.of("a photo of ", "a picture of ", "an image of ");
    private static final String BEFORE = "before";

    private final EncoderTraining training;
    private final SgraceSettings settings;
    private final SgraceAttack attack;
    private final SgraceFeatures features;
    private final TextPairs anchors;
    private final List<NDArray> original = new ArrayList<>();

    /** Continues from the training's checkpoint, if there is one. */
    SgraceErasure(EncoderTraining training, SgraceSettings settings, ErasureRequest request, Keywords keywords) {
        this.training = training;
        this.settings = settings;
        String prompt = prompt(request);
        SgraceLatent latent = SgraceLatent.of(training, settings, prompt, training.root().fork("latent"));
        features = new SgraceFeatures(training, training.components().tokenizer().tokenize(prompt));
        attack = new SgraceAttack(training, settings,
                new SgraceSequences(training.components().tokenizer(), settings, request.concept(), keywords.related()), latent, features);
        anchors = new TextPairs(training.components().tokenizer(), training.starting(), training.manager());
        anchors.add(keywords.unrelated().stream().flatMap(word -> ANCHOR_TEMPLATES.stream().map(template -> template + word))
                .map(text -> TextPair.unchanged(training.components().tokenizer().tokenize(text))).toList());
        training.trained().keySet().forEach(name -> original.add(training.start().weights().get(name)));
        training.restore();
    }

    /** As published: a topic, for example a harmful one, stands alone. */
    private static String prompt(ErasureRequest request) {
        return switch (request.kind()) {
            case "style" -> "a picture of " + request.concept();
            case "topic" -> request.concept();
            default -> "a photo of " + request.concept();
        };
    }

    @Override
    public String run(int iteration, Noise noise, Map<String, Double> values, NDManager scratch) {
        boolean attacks = iteration % settings.editSteps() == 0;
        if (attacks) {
            attack.run(noise.fork("attack"), values, scratch);
            training.keep(BEFORE, training.lane(() -> Autograd.noGrad(() -> states(scratch).features())));
            training.restartOptimiser();
        }
        int[] rows = anchors.pick(settings.anchors(), noise.fork("anchors"));
        training.update(() -> loss(rows, values, scratch), scratch);
        return attacks ? "adversarial" : "edit";
    }

    private SgraceFeatures.States states(NDManager scratch) {
        NDArray embeds = attack.sequences().duplicate();
        embeds.attach(scratch);
        return features.of(training.encoder(), embeds, attack.eos());
    }

    private NDArray loss(int[] rows, Map<String, Double> values, NDManager scratch) {
        try (Scope scope = new Scope()) {
            NDArray found = states(scratch).features();
            NDArray loss = note("loss_erase", SgraceLosses.erase(found, features.target()), values);
            loss = loss.add(Aten.scale(note("loss_similarity", SgraceLosses.similarity(found, training.kept(BEFORE)), values),
                    settings.similarityWeight()));
            loss = loss.add(Aten.scale(note("loss_retain", anchorLoss(rows, scratch), values), settings.anchorWeight()));
            NDArray change = note("loss_parameters", SgraceLosses.parameters(training.trained().values(), original), values);
            return scope.keep(loss.add(Aten.scale(change, settings.parameterWeight())));
        }
    }

    private NDArray anchorLoss(int[] rows, NDManager scratch) {
        int[][] ids = new int[rows.length][];
        NDList frozen = new NDList();
        for (int i = 0; i < rows.length; i++) {
            ids[i] = anchors.ids(rows[i]);
            frozen.add(anchors.target(rows[i]));
        }
        return SgraceLosses.anchor(training.encoder().encode(scratch, ids), NDArrays.concat(frozen));
    }

    private static NDArray note(String name, NDArray loss, Map<String, Double> values) {
        values.put(name, (double) Tensors.number(loss));
        return loss;
    }
}
