"""The methods that AIF is compared with, and the controls."""
