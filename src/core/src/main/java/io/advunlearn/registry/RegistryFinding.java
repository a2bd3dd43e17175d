package io.advunlearn.registry;

/**
 * One thing in a registry that was looked at.
 *
 * @param ok whether it is as it must be; what a crash left behind is
 * @param what which thing, for example {@code encoder church-1}
 * @param detail in words
 */
public record RegistryFinding(boolean ok, String what, String detail) { }
