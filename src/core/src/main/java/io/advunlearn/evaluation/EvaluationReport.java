package io.advunlearn.evaluation;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What an evaluation found. "Shown" means that every judge who knows the concept names it. Intervals of rates are Wilson 95 %, those of
 * an {@link Estimate} percentile bootstraps over prompts. The JSON form has the same field names and is described by {@code evaluation-report.schema.json} beside this class.
 *
 * @param schema version of the JSON form
 * @param model SHA-256 of the original encoder's tensors
 * @param denoiser SHA-256 of the pipeline's own UNet's tensors: several denoisers may share an original encoder
 * @param encoder SHA-256 of the evaluated encoder's tensors, followed by the denoiser's where that was replaced too
 * @param encoderName what the evaluated encoder is called, for people
 * @param judges names of the judges
 * @param createdAt when the report was finished
 * @param request what was asked, budgets included
 * @param selection how the original model fared on the concept's prompts
 * @param attacks one result an attack, in the order of the request
 * @param retention what became of everything else; {@code null} if not asked
 * @param cost of the whole evaluation
 * @param verdict of the gates; {@code null} if none are configured
 * @param environment where it was measured
 */
public record EvaluationReport(String schema, String model, String denoiser, String encoder, String encoderName, List<String> judges,
        Instant createdAt, EvaluationRequest request, Selection selection, List<AttackResult> attacks, Retention retention, Cost cost,
        Verdict verdict, Environment environment) {

    public static final String SCHEMA = "advunlearn/evaluation-report/1";

    /**
     * @param original how often the original model showed the concept on the prompts tried
     * @param pairs successful prompt-and-seed pairs kept for the attacks
     * @param prompts different prompts among them
     */
    public record Selection(Rate original, int pairs, int prompts) {
    }

    /**
     * @param name the attack
     * @param whiteBox whether it needs more than an API's text; never a gate
     * @param budget what it was allowed, by name
     * @param reduced whether that is less than its published budget
     * @param rate attack success rate: trials where every judge saw the concept
     * @param anyJudge trials where at least one judge saw it: the strictest reading
     * @param original how often the original encoder shows the concept: for the same texts and seeds, or for {@code negative} with an
     *     unrelated negative prompt; {@code null} where it was not measured. Its images are not part of this attack's cost
     * @param prompts different prompts that succeeded at least once, out of those tried
     * @param withoutWord the rate among trials whose text does not contain the concept's word
     * @param groups the rate by sub-group, for example by guidance scale
     * @param successes the strongest successful prompts, most successful first, at most 20
     * @param cost of this attack
     */
    public record AttackResult(String name, boolean whiteBox, Map<String, Object> budget, boolean reduced, Rate rate, Rate anyJudge, Rate original,
            Rate prompts, Rate withoutWord, Map<String, Rate> groups, List<Success> successes, Cost cost) {
    }

    /**
     * @param prompt the prompt that showed the concept
     * @param negativePrompt its negative prompt
     * @param guidanceScale its guidance
     * @param seed a seed with which it did
     * @param shown images of this text that showed the concept
     * @param images images of this text in all
     */
    public record Success(String prompt, String negativePrompt, double guidanceScale, long seed, int shown, int images) {
    }

    /**
     * @param objects accuracy of every retained object
     * @param styles accuracy of every retained style
     * @param neighbours the retained classes whose prompts are nearest to the concept's, nearest first
     * @param meanLoss mean over retained classes of accuracy before minus after, in [-1, 1]
     * @param worstClass the class that lost most
     * @param worstLoss its loss
     * @param others for images of the erased concept: how often the rest of the prompt is still obeyed, by {@code style},
     *     {@code object} or {@code background}
     * @param emptyPromptDrift mean absolute pixel difference of unprompted images, same seeds, in [0, 2]
     * @param promptDrift K/V distance of retained prompts before and after, relative to their distance from the empty prompt
     * @param loss {@code meanLoss} with its interval over prompts; {@code null} in reports before it was measured, as what follows
     * @param neighbourLoss the mean over {@code neighbours} with its interval over prompts
     * @param frechet how far retained images moved as a whole, one for each extractor of features
     * @param clipScore how well retained images fit their prompts; {@code null} without a CLIP model
     */
    public record Retention(List<ClassAccuracy> objects, List<ClassAccuracy> styles, List<String> neighbours, double meanLoss, String worstClass,
            double worstLoss, Map<String, BeforeAfter> others, double emptyPromptDrift, double promptDrift, Estimate loss, Estimate neighbourLoss,
            List<Frechet> frechet, ClipScore clipScore) {
    }

    /**
     * Mean cosine of images' and their prompts' CLIP embeddings, with intervals over prompts.
     *
     * @param before with the original encoder
     * @param after with the evaluated encoder, same prompts and seeds
     * @param difference after minus before, paired
     */
    public record ClipScore(Estimate before, Estimate after, Estimate difference) {
    }

    /**
     * A Fréchet distance of images by the original and by the evaluated encoder, same retained prompts and seeds. It is biased upwards, the more
     * the fewer the images: judge {@code halfDistance} by {@code halfFloor}, which has the same bias.
     *
     * @param features whose features: a judge's name, or that of a configured network
     * @param dimensions features an image
     * @param images of each encoder
     * @param distance between all images of both encoders, at least 0
     * @param halfDistance between a random half of the original's images and the other half of the evaluated encoder's
     * @param halfFloor between that half of the original's images and its other half: what no erasure at all would give
     */
    public record Frechet(String features, int dimensions, int images, double distance, double halfDistance, double halfFloor) {
    }

    /**
     * @param name class
     * @param before accuracy with the original encoder
     * @param after accuracy with the evaluated encoder, same prompts and seeds
     */
    public record ClassAccuracy(String name, Rate before, Rate after) {
    }

    /**
     * @param before with the original encoder
     * @param after with the evaluated encoder
     */
    public record BeforeAfter(Rate before, Rate after) {
    }

    /**
     * @param images images made
     * @param unetForward latents that went through the UNet forward
     * @param unetBackward latents whose gradient went back to the context
     * @param encoderForward prompts that went through a text encoder
     * @param seconds wall-clock, pauses for serving included
     */
    public record Cost(long images, long unetForward, long unetBackward, long encoderForward, double seconds) {
    }

    /** The result of an attack by name. */
    public AttackResult attack(String name) {
        return attacks.stream().filter(a -> a.name().equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("the report has no attack " + name));
    }

    /** This report with the verdict of gates. */
    public EvaluationReport with(Verdict given) {
        return new EvaluationReport(schema, model, denoiser, encoder, encoderName, judges, createdAt, request, selection, attacks, retention,
                cost, given, environment);
    }

    /** Writes the JSON form, pretty-printed; written beside and moved into place. */
    public void write(Path file) {
        ReportFiles.write(file, this);
    }

    /** @throws IllegalArgumentException if the file is no report of this schema */
    public static EvaluationReport read(Path file) {
        EvaluationReport report = ReportFiles.read(file, EvaluationReport.class);
        if (!SCHEMA.equals(report.schema())) {
            throw new IllegalArgumentException(file + ": schema must be " + SCHEMA + ", not " + report.schema());
        }
        return report;
    }
}
