package io.advunlearn.erasure;

import java.util.Map;

/**
 * One line of an erasure's {@code events.jsonl}.
 *
 * @param phase {@code bank}, {@code warmup}, {@code train}, {@code edit}, {@code adversarial}, {@code checkpoint}, {@code done}, {@code cancelled} or {@code failed}
 * @param iteration outer iterations done
 * @param iterations outer iterations in all
 * @param values figures by name: {@code loss_erase}, {@code loss_retain}, {@code loss_attack}, {@code unet_forward}, {@code unet_backward}, {@code seconds},
 *     and where banks are kept {@code bank_reused}, how many of the two were read, at no UNet cost, instead of built;
 *     at {@code bank} {@code trained_parameters}
 */
public record ErasureEvent(String phase, int iteration, int iterations, Map<String, Double> values) {
}
