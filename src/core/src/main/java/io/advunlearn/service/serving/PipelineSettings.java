package io.advunlearn.service.serving;

import io.advunlearn.checkpoint.CheckpointOptions;
import io.advunlearn.evaluation.Gates;
import io.advunlearn.pipeline.ComponentSnapshot;
import io.advunlearn.pipeline.PipelineTuning;
import io.advunlearn.registry.EncoderPair;
import io.advunlearn.service.filter.FilterSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How one pipeline is served.
 *
 * @param modelDirectory a model in diffusers layout, or one file in its publisher's
 * @param checkpoint which of its files to read
 * @param device DJL's name of it: {@code cpu}, {@code gpu} or {@code gpu<index>}
 * @param encoder the encoder to start with while the registry says nothing; empty for the model's own
 * @param textEncoder2 the same for SDXL's second text encoder
 * @param requiredErasures the floor: concepts that every active encoder's lineage must have erased
 * @param enforce whether the pipeline refuses requests rather than serve an encoder below the floor
 * @param numInferenceSteps denoising steps of a request that does not say
 * @param guidanceScale guidance scale of a request that does not say, 1 to 20
 * @param tuning how its requests share the device
 * @param detectors a file of judges for evaluations; empty for those of the model directory
 * @param gates conditions for a promotion
 * @param outputFilter what its images may not show; empty to show them all
 */
public record PipelineSettings(Path modelDirectory, CheckpointOptions checkpoint, String device, Optional<String> encoder, Optional<String> textEncoder2,
        List<String> requiredErasures, boolean enforce, int numInferenceSteps, double guidanceScale, PipelineTuning tuning, Optional<Path> detectors,
        Gates gates, Optional<FilterSettings> outputFilter) {

    public static final String DEFAULT_DEVICE = "cpu";
    public static final int DEFAULT_STEPS = 25;
    public static final double DEFAULT_GUIDANCE = 5;

    /** Of the plain files, without a second text encoder to start with, tuned for serving. */
    public PipelineSettings(Path modelDirectory, String device, Optional<String> encoder, List<String> requiredErasures, boolean enforce,
            int numInferenceSteps, double guidanceScale, Optional<Path> detectors, Gates gates) {
        this(modelDirectory, CheckpointOptions.NONE, device, encoder, Optional.empty(), requiredErasures, enforce,
                numInferenceSteps, guidanceScale, PipelineTuning.SERVING, detectors, gates);
    }

    /** Without an output filter. */
    public PipelineSettings(Path modelDirectory, CheckpointOptions checkpoint, String device, Optional<String> encoder, Optional<String> textEncoder2,
            List<String> requiredErasures, boolean enforce, int numInferenceSteps, double guidanceScale, PipelineTuning tuning, Optional<Path> detectors,
            Gates gates) {
        this(modelDirectory, checkpoint, device, encoder, textEncoder2, requiredErasures, enforce, numInferenceSteps, guidanceScale, tuning, detectors, gates,
                Optional.empty());
    }

    /** The same with an output filter, whose judges are the evaluations' unless it says otherwise. @param filter empty for none */
    public PipelineSettings with(Optional<FilterSettings> filter) {
        return new PipelineSettings(modelDirectory, checkpoint, device, encoder, textEncoder2, requiredErasures, enforce, numInferenceSteps, guidanceScale,
                tuning, detectors, gates, filter.map(given -> given.orJudges(detectors)));
    }

    /** What to start with; empty for the model's own encoders, {@code null} in it for one of them. */
    Optional<EncoderPair> encoders() {
        EncoderPair named = new EncoderPair(named(encoder), named(textEncoder2));
        return named.equals(new EncoderPair(null, null)) ? Optional.empty() : Optional.of(named);
    }

    private static String named(Optional<String> encoder) {
        return encoder.filter(id -> !id.equals(ComponentSnapshot.BASE_ID)).orElse(null);
    }
}
