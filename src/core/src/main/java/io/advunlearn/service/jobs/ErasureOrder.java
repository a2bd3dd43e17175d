package io.advunlearn.service.jobs;

import io.advunlearn.erasure.ErasureConcept;
import io.advunlearn.erasure.ErasureMethods;
import io.advunlearn.erasure.ErasureRequest;
import io.advunlearn.erasure.ErasureStart;
import io.advunlearn.erasure.MethodSettings;
import io.advunlearn.erasure.RetainPrompt;
import io.advunlearn.pipeline.ComponentSnapshot;
import java.util.List;
import java.util.Map;

/**
 * {@code request.json} of an erasure.
 *
 * @param pipeline whose encoder is trained
 * @param concept what to erase, the first of {@code concepts}
 * @param kind {@code object}, {@code style} or {@code topic}
 * @param concepts every concept; {@code null} if there is only {@code concept}
 * @param method one of {@link ErasureMethods#names()}
 * @param profile one of the method's own
 * @param seed of every random draw
 * @param settings overrides of the profile
 * @param from the encoder to start from: {@code base} or a registered encoder's id; {@code null} in older orders for {@code base}
 * @param retain prompts that must stay as they are; {@code null} for the model's catalogue
 * @param promote {@code manual}: the candidate waits for a promotion
 * @param principal who asked
 */
public record ErasureOrder(String pipeline, String concept, String kind, List<ErasureConcept> concepts, String method, String profile,
        long seed, Map<String, Object> settings, String from, List<String> retain, String promote, String principal) {

    /** The order with every default filled in. @throws IllegalArgumentException naming the field and what is accepted */
    ErasureOrder checked() {
        ErasureRequest request = request(ErasureStart.BASE);
        if (!MethodSettings.TEXT_ENCODER.equals(ErasureMethods.byName(request.method()).resolve(request).module())) {
            throw new IllegalArgumentException("settings: module must be text_encoder here; the command line erases from a UNet");
        }
        return new ErasureOrder(pipeline, request.concept(), request.kind(), request.concepts(), request.method(), request.profile(),
                request.seed(), request.settings(), from == null ? ComponentSnapshot.BASE_ID : from, retain, promote == null ? "manual" : promote, principal);
    }

    /** @param start what {@code from} names */
    ErasureRequest request(ErasureStart start) {
        return new ErasureRequest(concepts == null ? List.of(new ErasureConcept(concept, kind, List.of())) : concepts, method, profile, seed, settings,
                start, retain == null ? List.of() : RetainPrompt.of(retain));
    }
}
