package io.advunlearn.pipeline;

import ai.djl.ndarray.types.DataType;
import java.util.Map;

/**
 * SHA-256 of a component's tensors as they were in memory, read back from the device.
 *
 * @param encoder id of the component, the text encoder or the UNet
 * @param digest SHA-256 of the weights file that it was loaded from, hex
 * @param generation the slot's generation
 * @param type what the tensors are in memory
 * @param tensors SHA-256 of each tensor's bytes in little-endian order, by state-dict name, sorted
 * @param total SHA-256 over every name and bytes in the names' order, as SGLang's {@code compute_weights_checksum} has it
 * @param millis how long reading and hashing took
 */
public record MemoryChecksum(String encoder, String digest, long generation, DataType type, Map<String, String> tensors, String total, double millis) { }
